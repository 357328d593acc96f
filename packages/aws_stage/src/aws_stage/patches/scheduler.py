"""EventBridge Scheduler: ministack keeps the schedules, the scheduler engine fires them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.kernel.schedule_expression import parse, zone
from aws_stage.patches.replace import replace

Answer = tuple[int, dict[str, str], bytes]


def apply() -> None:
    """Turn ministack's own firing off, and refuse what would never fire."""
    from ministack.services import scheduler

    # It knows no time zone, no retries, no dead-letter queue and no aws-sdk target, and would fire a second time.
    replace(scheduler, "start_scheduler", lambda: None)
    for name in ("_create_schedule", "_update_schedule"):
        replace(scheduler, name, _checked(getattr(scheduler, name), scheduler._error))


def _checked(
    original: Callable[[str, dict[str, Any]], Answer], error: Callable[[int, str, str], Answer]
) -> Callable[[str, dict[str, Any]], Answer]:
    def checked(name: str, body: dict[str, Any]) -> Answer:
        try:
            if body.get("ScheduleExpression"):
                parse(body["ScheduleExpression"])
            zone(body.get("ScheduleExpressionTimezone") or "UTC")
        except ValueError as refused:
            return error(400, "ValidationException", f"Invalid Schedule Expression: {refused}")
        return original(name, body)

    return checked
