"""DynamoDB: how far back a table can be restored is kept, or Terraform sets it for ever."""

from __future__ import annotations

import json
from typing import Any

from aws_stage.patches.replace import replace

LONGEST_DAYS = 35
"""What AWS keeps when a request names no period."""


def apply() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import dynamodb

    def update(data: dict[str, Any]) -> Any:
        specification = data.get("PointInTimeRecoverySpecification", {})
        days = specification.get("RecoveryPeriodInDays", LONGEST_DAYS)
        if not 1 <= days <= LONGEST_DAYS:
            return error_response_json("ValidationException", "RecoveryPeriodInDays must be from 1 to 35.", 400)
        answer = original_update(data)
        if answer[0] == 200 and specification.get("PointInTimeRecoveryEnabled"):
            # The period takes the place of ministack's True, and so is kept and saved with it.
            dynamodb._pitr_settings[dynamodb._normalize_table_name(data["TableName"])] = days
            return with_period(answer, days)
        return answer

    original_update = replace(dynamodb, "_update_continuous_backups", update)

    def describe(data: dict[str, Any]) -> Any:
        answer = original_describe(data)
        days = dynamodb._pitr_settings.get(dynamodb._normalize_table_name(data.get("TableName")), False)
        return with_period(answer, LONGEST_DAYS if days is True else days) if answer[0] == 200 and days else answer

    original_describe = replace(dynamodb, "_describe_continuous_backups", describe)


def with_period(answer: Any, days: int) -> Any:
    """ministack's answer ``(status, headers, body)`` with the period in it."""
    status, headers, body = answer
    document = json.loads(body)
    document["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] = days
    return status, headers, json.dumps(document).encode()
