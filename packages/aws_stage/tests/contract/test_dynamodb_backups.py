"""How far back a table can be restored is what was asked for."""

from __future__ import annotations

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage


def test_the_recovery_period_is_kept_and_35_days_when_none_is_named(stage: RunningStage) -> None:
    dynamodb, table = stage.client("dynamodb"), "restorable"
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def period() -> int | None:
        answer = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        days: int | None = answer["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays")
        return days

    def enable(**settings: int) -> None:
        dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, **settings}
        )

    assert period() is None
    enable()
    assert period() == 35
    enable(RecoveryPeriodInDays=7)
    assert period() == 7
    with pytest.raises(ClientError, match="must be from 1 to 35"):
        enable(RecoveryPeriodInDays=36)
    assert period() == 7
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert period() is None
    dynamodb.delete_table(TableName=table)
