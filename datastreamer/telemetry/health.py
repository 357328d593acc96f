"""The state of the whole pipeline, part by part, as AWS reports it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.telemetry.names import Names

NewClient = Callable[[str], Any]

METRIC_WINDOW = timedelta(hours=3)


@dataclass(frozen=True)
class Part:
    """One part of the pipeline: its ``state`` in AWS's own word, and whether that is how it should be."""

    name: str
    resource: str
    state: str
    healthy: bool
    detail: str = ""


def pipeline_parts(names: Names, client: NewClient, now: datetime) -> list[Part]:
    """Ask every part how it is; a part that does not exist is unhealthy and says MISSING."""
    checks: list[tuple[str, str, Callable[[], Part]]] = [
        ("stream", names.stream, lambda: _stream(names, client)),
        ("delivery", names.delivery_stream, lambda: _delivery(names, client, now)),
        ("job", names.job, lambda: _job(names, client)),
        ("schedule", names.job, lambda: _schedule(names, client)),
        ("crawler", names.crawler, lambda: _crawler(names, client)),
    ]
    return [*(_ask(name, resource, check) for name, resource, check in checks), *_alarms(names, client)]


def _ask(name: str, resource: str, check: Callable[[], Part]) -> Part:
    try:
        return check()
    except ClientError as error:
        if not is_missing(error):
            raise
        return Part(name, resource, "MISSING", healthy=False, detail="is the stage applied? make apply")


def _stream(names: Names, client: NewClient) -> Part:
    summary = client("kinesis").describe_stream_summary(StreamName=names.stream)["StreamDescriptionSummary"]
    mode = summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED").lower()
    detail = f"{summary['OpenShardCount']} shards, {mode}, keeps {summary['RetentionPeriodHours']} h"
    return Part("stream", names.stream, summary["StreamStatus"], summary["StreamStatus"] == "ACTIVE", detail)


def _delivery(names: Names, client: NewClient, now: datetime) -> Part:
    described = client("firehose").describe_delivery_stream(DeliveryStreamName=names.delivery_stream)
    state = described["DeliveryStreamDescription"]["DeliveryStreamStatus"]
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Firehose",
        MetricName="DeliveryToS3.DataFreshness",
        Dimensions=[{"Name": "DeliveryStreamName", "Value": names.delivery_stream}],
        StartTime=now - METRIC_WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    newest = max(points, key=lambda point: point["Timestamp"], default=None)
    detail = f"oldest undelivered record {newest['Maximum']:.0f} s" if newest else "nothing delivered lately"
    return Part("delivery", names.delivery_stream, state, state == "ACTIVE", detail)


def _job(names: Names, client: NewClient) -> Part:
    glue = client("glue")
    glue.get_job(JobName=names.job)
    runs = glue.get_job_runs(JobName=names.job, MaxResults=1)["JobRuns"]
    if not runs:
        return Part("job", names.job, "NEVER RUN", healthy=True, detail="start it: datastreamer telemetry etl")
    last = runs[0]
    detail = f"started {last['StartedOn'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {last.get('ExecutionTime', 0)} s"
    if last.get("ErrorMessage"):
        detail += f": {last['ErrorMessage']}"
    healthy = last["JobRunState"] in ("STARTING", "RUNNING", "WAITING", "SUCCEEDED")
    return Part("job", names.job, last["JobRunState"], healthy, detail)


def _schedule(names: Names, client: NewClient) -> Part:
    schedule = client("scheduler").get_schedule(Name=names.job)
    state = schedule["State"]
    return Part("schedule", names.job, state, state == "ENABLED", schedule["ScheduleExpression"])


def _crawler(names: Names, client: NewClient) -> Part:
    crawler = client("glue").get_crawler(Name=names.crawler)["Crawler"]
    last = crawler.get("LastCrawl", {})
    detail = "never run"
    if last:
        detail = f"last crawl {last['Status']}"
        if "StartTime" in last:
            detail += f" at {last['StartTime'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return Part("crawler", names.crawler, crawler["State"], last.get("Status", "SUCCEEDED") != "FAILED", detail)


def _alarms(names: Names, client: NewClient) -> Iterator[Part]:
    prefix = f"datastreamer-{names.stage}-"
    pages = client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    for page in pages:
        for alarm in page["MetricAlarms"]:
            if alarm["StateValue"] == "ALARM":
                yield Part("alarm", alarm["AlarmName"], "ALARM", healthy=False, detail=alarm.get("StateReason", ""))
