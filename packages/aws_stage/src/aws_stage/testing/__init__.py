"""For test suites that run against a stage: a stage in a process of its own, functions and models to put on it."""

from aws_stage.testing.running_stage import REGION, RunningStage, free_port

__all__ = ["REGION", "RunningStage", "free_port"]
