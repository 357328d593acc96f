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
        parts.job(client, names.job, "datastreamer telemetry etl"),
        parts.schedule(client, names.job),
        ask("crawler", names.crawler, lambda: _crawler(names, client)),
        *(parts.catalogue_table(client, names.database, table) for table in (CURATED_TABLE, QUARANTINE_TABLE)),
        *_alarms(names, client),
    ]


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
    """This pipeline's names do not hold its word: its alarms are those that begin with no other pipeline's."""
    prefix = f"datastreamer-{names.stage}-"
    others = tuple(f"{prefix}{name}-" for name in PIPELINES)
    return ringing_alarms(client("cloudwatch"), prefix, lambda alarm: not alarm.startswith(others))
