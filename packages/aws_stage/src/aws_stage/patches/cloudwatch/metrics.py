"""CloudWatch: a metric without dimensions is a metric of its own, and alarms are judged by the engine alone."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace


class _Exactly(dict[str, str]):
    """Dimensions to match, none included: ministack takes an empty (false) dictionary for any dimensions at all."""

    def __bool__(self) -> bool:
        return True


def apply() -> None:
    from ministack.services import cloudwatch

    original = cloudwatch._dims_from_list
    replace(cloudwatch, "_dims_from_list", lambda dimensions: _Exactly(original(dimensions)))
    replace(cloudwatch, "_evaluate_alarm", _leave_to_the_engine)


def _leave_to_the_engine(_alarm: dict[str, Any]) -> None:
    """ministack judges by every metric of the name, whatever its dimensions, and knows no missing data."""
