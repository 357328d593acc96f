"""EventBridge: a rule that matches an event says so in CloudWatch, where an alarm can see it."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace

_RULE = "rule "


def apply() -> None:
    from ministack.services import cloudwatch, eventbridge

    def matches(pattern: str, view: Any, owner: str = _RULE) -> bool:
        """ministack reports no metric of rules (EventBridge user guide, "Monitoring EventBridge": MatchedEvents)."""
        matched = bool(original(pattern, view, owner))
        rule = eventbridge._rules.get(owner.removeprefix(_RULE)) if matched and owner.startswith(_RULE) else None
        if rule is not None:
            cloudwatch.record_metric("AWS/Events", "MatchedEvents", 1, "Count", {"RuleName": rule["Name"]})
        return matched

    original = replace(eventbridge, "_matches_pattern_view", matches)
