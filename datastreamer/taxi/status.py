"""The state of a stage's taxi pipeline, part by part, as AWS reports it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from datastreamer.aws import parts
from datastreamer.aws.status import MISSING, NewClient, Part, ringing_alarms
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import LATEST_VIEW
from datastreamer.taxi.prediction import TABLE as PREDICTIONS_TABLE
from datastreamer.taxi.schema import QUARANTINE_TABLE, RAW_TABLE, SILVER_TABLE


def stage_parts(stage: str, account: str, client: NewClient, now: datetime) -> list[Part]:
    """Ask every part how it is, as a file of TLC and then a live trip meet them; one that does not exist is unhealthy
    and says MISSING."""
    names = Names(stage, account)
    return [
        parts.bucket(client, names.raw_bucket, "bronze"),
        parts.job(client, names.job, "datastreamer taxi silver"),
        parts.schedule(client, names.job),
        parts.bucket(client, names.processed_bucket, "tables"),
        *(parts.catalogue_table(client, names.database, name) for name in (RAW_TABLE, SILVER_TABLE, QUARANTINE_TABLE)),
        parts.bucket(client, names.models_bucket, "models"),
        parts.stream(client, names.stream),
        parts.reading(client, names.function("score"), names.stream),
        _function(client, names, now),
        parts.table(client, names.thresholds_table),
        parts.delivery(client, names.predictions, now),
        *(parts.catalogue_table(client, names.database, name) for name in (PREDICTIONS_TABLE, LATEST_VIEW)),
        *ringing_alarms(client("cloudwatch"), names.prefix, lambda _: True),
    ]


WINDOW = timedelta(minutes=15)
"""Of what the function counts: a trip that waits comes again within a minute."""


def _function(client: NewClient, names: Names, now: datetime) -> Part:
    """The scoring function, and whether trips wait for it. How many is not known: each is counted whenever it comes."""
    found = parts.function(client, names.function("score"))
    if found.state == MISSING:
        return found
    sums = {name: _sum(client, names, name, now) for name in ("Scored", "Outliers", "Parked", "Waiting")}
    detail = f"{sums['Scored']:,} trips scored in 15 min, {sums['Outliers']:,} outliers, {sums['Parked']:,} parked"
    if sums["Waiting"]:
        detail += f"; trips are waiting: the log of {found.resource} says why"
    return replace(found, detail=detail, attention=bool(sums["Waiting"]))


def _sum(client: NewClient, names: Names, metric: str, now: datetime) -> int:
    points = client("cloudwatch").get_metric_statistics(
        Namespace="Datastreamer/Taxi",
        MetricName=metric,
        Dimensions=[{"Name": "Stage", "Value": names.stage}],
        StartTime=now - WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    total: float = sum(point["Sum"] for point in points)
    return round(total)
