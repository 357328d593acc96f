"""The state of the telemetry pipeline, part by part, as AWS reports it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from datastreamer.aws import parts
from datastreamer.aws.status import NewClient, Part, ask, ringing_alarms
from datastreamer.pipelines import PIPELINES
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.schema import CURATED_TABLE, QUARANTINE_TABLE


def stage_parts(stage: str, account: str, client: NewClient, now: datetime) -> list[Part]:
    """Ask every part how it is; a part that does not exist is unhealthy and says MISSING."""
    names = Names(stage, account)
    return [
        parts.stream(client, names.stream),
        parts.delivery(client, names.delivery_stream, now),
        ask("job", names.job, lambda: _job(names, client)),
        ask("schedule", names.job, lambda: _schedule(names, client)),
        ask("crawler", names.crawler, lambda: _crawler(names, client)),
        *(_table(names.database, table, client) for table in (CURATED_TABLE, QUARANTINE_TABLE)),
        *_alarms(names, client),
    ]


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


def _table(database: str, table: str, client: NewClient) -> Part:
    """A table of the Data Catalog: without it Athena has no name for files that are there."""

    def check() -> Part:
        found = client("glue").get_table(DatabaseName=database, Name=table)["Table"]
        return Part(
            "table", table, "there", healthy=True, detail=found.get("StorageDescriptor", {}).get("Location", "")
        )

    return ask("table", table, check)


def _alarms(names: Names, client: NewClient) -> Iterator[Part]:
    """This pipeline's names do not hold its word: its alarms are those that begin with no other pipeline's."""
    prefix = f"datastreamer-{names.stage}-"
    others = tuple(f"{prefix}{name}-" for name in PIPELINES)
    return ringing_alarms(client("cloudwatch"), prefix, lambda alarm: not alarm.startswith(others))
