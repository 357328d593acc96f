"""``Glue Crawler State Change``: what EventBridge hears of a crawl.

https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_stage.engines.glue_crawler.catalog_session import Changes
from aws_stage.kernel.settings import ACCOUNT_ID

SOURCE = "aws.glue"
DETAIL_TYPE = "Glue Crawler State Change"


def started(crawler: str, now: datetime) -> dict[str, Any]:
    """The event's ``detail`` when a crawl begins."""
    return {
        "accountId": ACCOUNT_ID,
        "crawlerName": crawler,
        "startTime": _written(now),
        "state": "Started",
        "message": "Crawler Started",
    }


def ended(crawler: str, now: datetime, crawl: Mapping[str, Any], changes: list[Changes]) -> dict[str, Any]:
    """The event's ``detail`` when a crawl has succeeded or failed; Glue tells of no cancelled one."""
    common = {
        "accountId": ACCOUNT_ID,
        "crawlerName": crawler,
        "cloudWatchLogLink": f"{crawl['LogGroup']}/{crawl['LogStream']}",
    }
    if crawl["State"] == "FAILED":
        return {**common, "state": "Failed", "message": "Crawler Failed", "errorMessage": crawl["ErrorMessage"]}
    return {
        **common,
        "state": "Succeeded",
        "message": "Crawler Succeeded",
        "completionDate": _written(now),
        "runningTime (sec)": str(int(float(crawl["EndTime"]) - float(crawl["StartTime"]))),
        "warningMessage": "N/A",
        "tablesCreated": str(sum(len(change.tables_created) for change in changes)),
        "tablesUpdated": str(sum(len(change.tables_updated) for change in changes)),
        "tablesDeleted": str(sum(len(change.tables_deleted) for change in changes)),
        "partitionsCreated": str(sum(change.partitions_created for change in changes)),
        "partitionsUpdated": str(sum(change.partitions_updated for change in changes)),
        "partitionsDeleted": str(sum(change.partitions_deleted for change in changes)),
    }


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
