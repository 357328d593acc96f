"""What is due by the clock: EventBridge schedules, crawler schedules and Glue triggers."""

from __future__ import annotations

from aws_stage.kernel.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine that fires schedules."""
    from aws_stage.engines.scheduler.engine import Scheduler

    return Scheduler(stage)
