"""The demo: a pipeline from its devices to its answer, on the local stage, with proof that nothing was lost.

Every step is a command that a user can type; the demo prints it, runs it and times it. Exits 0 only when all succeed.
Each pipeline has a module of its own.
"""

from scripts.demo.steps import Demo, StepFailedError

__all__ = ["Demo", "StepFailedError"]
