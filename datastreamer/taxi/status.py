"""The state of a stage's taxi pipeline, part by part, as AWS reports it."""

from __future__ import annotations

from datetime import datetime

from datastreamer.aws import parts
from datastreamer.aws.status import NewClient, Part, ringing_alarms
from datastreamer.taxi.names import Names
from datastreamer.taxi.schema import QUARANTINE_TABLE, RAW_TABLE, SILVER_TABLE


def stage_parts(stage: str, account: str, client: NewClient, now: datetime) -> list[Part]:  # noqa: ARG001  StageParts
    """Ask every part how it is, as a file of TLC meets them; one that does not exist is unhealthy and says MISSING."""
    names = Names(stage, account)
    return [
        parts.bucket(client, names.raw_bucket, "bronze"),
        parts.job(client, names.job, "datastreamer taxi silver"),
        parts.schedule(client, names.job),
        parts.bucket(client, names.processed_bucket, "tables"),
        *(parts.catalogue_table(client, names.database, name) for name in (RAW_TABLE, SILVER_TABLE, QUARANTINE_TABLE)),
        parts.bucket(client, names.models_bucket, "models"),
        parts.stream(client, names.stream),
        *ringing_alarms(client("cloudwatch"), names.prefix, lambda _: True),
    ]
