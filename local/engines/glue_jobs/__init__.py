"""Glue job runs, with the real PySpark in a process of its own."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``glue:StartJobRun`` and its relatives."""
    from local.engines.glue_jobs.engine import GlueJobs

    return GlueJobs(stage)
