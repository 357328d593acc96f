"""What is due by the clock: EventBridge schedules, crawler schedules and Glue triggers."""

from __future__ import annotations

from local.engine import Engine, Stage


def create(stage: Stage) -> Engine:
    """The engine that fires schedules."""
    from local.engines.scheduler.engine import Scheduler

    return Scheduler(stage)
