"""How a job fails: what it writes where SageMaker looks for it."""

from __future__ import annotations


class JobFailedError(Exception):
    """The job cannot go on; the text is what the container leaves in ``output/failure``."""
