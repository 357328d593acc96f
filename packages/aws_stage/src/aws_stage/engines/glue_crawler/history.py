"""Crawls that were: ``glue:ListCrawls``, ``LastCrawl`` and the metrics."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from typing import Any

from aws_stage.engines.glue_crawler.catalog_session import Changes
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.kernel.paging import page
from aws_stage.storage.store import Store

LOG_GROUP = "/aws-glue/crawlers"

_KIND = "crawl"
_PAGE = 1000
_KEPT = 200
"""Crawls that are kept of one crawler."""

_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED", "RUNNING": "SUCCEEDED"}
"""A crawl's state in ListCrawls, and its status in LastCrawl."""

_FIELDS = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime"}
_OPERATORS = {
    "EQ": lambda value, wanted: value == wanted,
    "NE": lambda value, wanted: value != wanted,
    "GT": lambda value, wanted: value > wanted,
    "GE": lambda value, wanted: value >= wanted,
    "LT": lambda value, wanted: value < wanted,
    "LE": lambda value, wanted: value <= wanted,
}

Crawl = dict[str, Any]


class History:
    """Every crawl as a document in ListCrawls' shape, with what the metrics need under ``Counts``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, crawler: str, crawl: Crawl) -> None:
        """Keep a crawl's present state."""
        self._store.put(_KIND, self._key(crawler, crawl), crawl)

    def trim(self, crawler: str) -> None:
        """Drop all but the newest crawls."""
        for crawl in self.of(crawler)[_KEPT:]:
            self._store.delete(_KIND, self._key(crawler, crawl))

    def forget(self, crawler: str) -> None:
        """Drop the crawls of a crawler that is gone."""
        for crawl in self.of(crawler):
            self._store.delete(_KIND, self._key(crawler, crawl))

    def of(self, crawler: str) -> list[Crawl]:
        """A crawler's crawls, newest first."""
        found = [crawl for key, crawl in self._store.items(_KIND) if key.startswith(f"{crawler}|")]
        return sorted(found, key=lambda crawl: float(crawl["StartTime"]), reverse=True)

    def unfinished(self) -> list[tuple[str, Crawl]]:
        """Crawls that an earlier stage left RUNNING, with their crawlers."""
        found = self._store.items(_KIND)
        return [(key.rpartition("|")[0], crawl) for key, crawl in found if crawl["State"] == "RUNNING"]

    def last(self, crawler: str) -> dict[str, Any] | None:
        """``LastCrawl`` of GetCrawler: the last one that ended."""
        for crawl in self.of(crawler):
            if crawl["State"] != "RUNNING":
                info = {name: crawl[name] for name in ("LogGroup", "LogStream", "MessagePrefix", "StartTime")}
                error = {"ErrorMessage": crawl["ErrorMessage"]} if "ErrorMessage" in crawl else {}
                return {"Status": _STATUS[crawl["State"]], **error, **info}
        return None

    def metrics(self, crawler: str, is_running: bool) -> dict[str, Any]:
        """One entry of GetCrawlerMetrics; the table counts are those of the last crawl."""
        ended = [crawl for crawl in self.of(crawler) if crawl["State"] != "RUNNING"]
        runtimes = [float(crawl["EndTime"]) - float(crawl["StartTime"]) for crawl in ended]
        counts = ended[0]["Counts"] if ended else {"TablesCreated": 0, "TablesUpdated": 0, "TablesDeleted": 0}
        return {
            "CrawlerName": crawler,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": is_running,
            "LastRuntimeSeconds": runtimes[0] if runtimes else 0.0,
            "MedianRuntimeSeconds": statistics.median(runtimes) if runtimes else 0.0,
            **counts,
        }

    def list(self, call: Call) -> dict[str, Any]:
        """The answer of ListCrawls, with its filters and pages."""
        crawls = self.of(call.payload.get("CrawlerName", ""))
        for wanted in call.payload.get("Filters") or ():
            crawls = [crawl for crawl in crawls if _matches(crawl, wanted)]
        found, more = page(crawls, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"Crawls": [{key: value for key, value in crawl.items() if key != "Counts"} for crawl in found], **more}

    def _key(self, crawler: str, crawl: Crawl) -> str:
        return f"{crawler}|{crawl['CrawlId']}"


def counts(changes: list[Changes]) -> dict[str, int]:
    """What the metrics say of a crawl."""
    return {
        "TablesCreated": sum(len(change.tables_created) for change in changes),
        "TablesUpdated": sum(len(change.tables_updated) for change in changes),
        "TablesDeleted": sum(len(change.tables_deleted) for change in changes),
    }


def summary(changes: list[Changes]) -> str:
    """``Summary`` of ListCrawls: JSON in JSON, as Glue writes it; empty when nothing changed."""
    tables = {
        "ADD": [name for change in changes for name in change.tables_created],
        "UPDATE": [name for change in changes for name in change.tables_updated],
        "DELETE": [name for change in changes for name in change.tables_deleted],
    }
    partitions = {
        "ADD": sum(change.partitions_created for change in changes),
        "UPDATE": sum(change.partitions_updated for change in changes),
        "DELETE": sum(change.partitions_deleted for change in changes),
    }
    found = {}
    if any(tables.values()):
        entries = {key: {"Details": {"names": names}, "Count": len(names)} for key, names in tables.items() if names}
        found["TABLE"] = json.dumps(entries)
    if any(partitions.values()):
        found["PARTITION"] = json.dumps({key: {"Count": count} for key, count in partitions.items() if count})
    return json.dumps(found)


def _matches(crawl: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    field, operator = wanted.get("FieldName", ""), wanted.get("FilterOperator", "")
    if field not in _FIELDS or operator not in _OPERATORS:
        raise AwsError("InvalidInputException", f"crawls cannot be filtered by {field} {operator}")
    value, other = crawl.get(_FIELDS[field]), wanted.get("FieldValue", "")
    if field.endswith("TIME"):
        # Epoch milliseconds, as the API takes them.
        return value is not None and bool(_OPERATORS[operator](float(value) * 1000, float(other)))
    return bool(_OPERATORS[operator](str(value), str(other)))
