"""``Job``: ``init`` and ``commit``, which on Glue keep bookmarks and here only check their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsglue.context import GlueContext
from awsglue.missing import refuse


class Job:
    """The life of a job; bookmarks are refused by the stage before the script starts."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context
        self._initialized = False

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin."""
        option = (args or {}).get("job_bookmark_option", "job-bookmark-disable")
        if option != "job-bookmark-disable":
            refuse(f"job bookmark ({option})")
        if not job_name:
            raise ValueError("Job.init needs the job's name")
        self._initialized = True

    def isInitialized(self) -> bool:  # noqa: N802  Glue's own name
        """Whether ``init`` was called."""
        return self._initialized

    def commit(self) -> None:
        """End; RuntimeError before ``init``."""
        if not self._initialized:
            raise RuntimeError("Job.commit was called before Job.init")
