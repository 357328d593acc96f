"""Glue job runs, with the real PySpark in a process of its own."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine of ``glue:StartJobRun`` and its relatives."""
    from aws_stage.engines.glue_jobs.engine import GlueJobs

    return GlueJobs(stage)
