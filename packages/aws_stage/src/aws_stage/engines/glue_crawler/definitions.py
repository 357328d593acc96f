"""Crawler definitions: ``glue:CreateCrawler`` and its relatives, durable and whole.

Kept here and not in ministack, which drops LineageConfiguration, defaults and tags that Terraform reads back, and saves
its state only from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.glue_crawler import options
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.glue_tags import GlueTags
from aws_stage.kernel.schedule_expression import parse

Crawler = dict[str, Any]

_KIND = "crawler"
_FIELDS = (
    "Role",
    "DatabaseName",
    "Description",
    "Targets",
    "Classifiers",
    "TablePrefix",
    "SchemaChangePolicy",
    "RecrawlPolicy",
    "LineageConfiguration",
    "LakeFormationConfiguration",
    "Configuration",
    "CrawlerSecurityConfiguration",
)
_DEFAULTS: dict[str, Any] = {
    "Classifiers": [],
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
}
"""https://docs.aws.amazon.com/glue/latest/webapi/API_CreateCrawler.html"""


class Definitions:
    """The crawlers of the account; ``deleted`` is told of each one that goes, ``is_running`` says which must stay."""

    def __init__(
        self, stage: Stage, engine: str, is_running: Callable[[str], bool], deleted: Callable[[str], None]
    ) -> None:
        self._stage = stage
        self._store = stage.store(engine)
        self.tags = GlueTags(stage, "crawler")
        self._is_running = is_running
        self._deleted = deleted
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("glue", "CreateCrawler"): self._create,
            ("glue", "UpdateCrawler"): self._update,
            ("glue", "DeleteCrawler"): self._delete,
            ("glue", "UpdateCrawlerSchedule"): self._update_schedule,
            ("glue", "StartCrawlerSchedule"): self._start_schedule,
            ("glue", "StopCrawlerSchedule"): self._stop_schedule,
        }

    def get(self, name: str) -> Crawler:
        """Raises EntityNotFoundException when there is no such crawler."""
        crawler = self._store.get(_KIND, name)
        if crawler is None:
            raise AwsError("EntityNotFoundException", f"Crawler {name} not found.")
        return crawler

    def all(self) -> list[Crawler]:
        """Every crawler, by name."""
        return [crawler for _, crawler in self._store.items(_KIND)]

    def _create(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("Name") or ""
        if not name or not call.payload.get("Role"):
            raise AwsError("InvalidInputException", "Name and Role are required")
        if self._store.get(_KIND, name) is not None:
            raise AwsError("AlreadyExistsException", f"Crawler {name} already exists")
        crawler = _completed({}, call.payload)
        now = self._stage.clock.now().timestamp()
        self._store.put(_KIND, name, {"Name": name, **crawler, "CreationTime": now, "LastUpdated": now, "Version": 1})
        self.tags.add(name, call.payload.get("Tags"))
        return {}

    def _update(self, call: Call) -> dict[str, Any]:
        """Fields that are not given stay as they are, as on AWS."""
        crawler = self._idle(call)
        self._put(crawler | _completed(crawler, call.payload))
        return {}

    def _delete(self, call: Call) -> dict[str, Any]:
        name = self._idle(call)["Name"]
        self._store.delete(_KIND, name)
        self.tags.clear(name)
        self._deleted(name)
        return {}

    def _idle(self, call: Call) -> Crawler:
        crawler = self.get(call.payload.get("Name", ""))
        if self._is_running(crawler["Name"]):
            raise AwsError("CrawlerRunningException", f"Crawler {crawler['Name']} is running")
        return crawler

    def _update_schedule(self, call: Call) -> dict[str, Any]:
        crawler = self.get(call.payload.get("CrawlerName", ""))
        expression = call.payload.get("Schedule")
        self._put(crawler | {"Schedule": _schedule(expression)})
        return {}

    def _start_schedule(self, call: Call) -> dict[str, Any]:
        crawler = self.get(call.payload.get("CrawlerName", ""))
        if not crawler["Schedule"].get("ScheduleExpression"):
            raise AwsError("NoScheduleException", f"Crawler {crawler['Name']} has no schedule")
        if crawler["Schedule"]["State"] == "SCHEDULED":
            raise AwsError("SchedulerRunningException", f"The schedule of crawler {crawler['Name']} is already running")
        self._put(crawler | {"Schedule": crawler["Schedule"] | {"State": "SCHEDULED"}})
        return {}

    def _stop_schedule(self, call: Call) -> dict[str, Any]:
        crawler = self.get(call.payload.get("CrawlerName", ""))
        if crawler["Schedule"].get("State") != "SCHEDULED":
            raise AwsError("SchedulerNotRunningException", f"The schedule of crawler {crawler['Name']} is not running")
        self._put(crawler | {"Schedule": crawler["Schedule"] | {"State": "NOT_SCHEDULED"}})
        return {}

    def _put(self, crawler: Crawler) -> None:
        now = self._stage.clock.now().timestamp()
        self._store.put(_KIND, crawler["Name"], crawler | {"LastUpdated": now, "Version": crawler["Version"] + 1})


def _completed(before: Mapping[str, Any], given: Mapping[str, Any]) -> Crawler:
    crawler = {field: before[field] for field in _FIELDS if field in before}
    crawler |= {field: given[field] for field in _FIELDS if given.get(field) is not None}
    for field, default in _DEFAULTS.items():
        crawler[field] = default | crawler.get(field, {}) if isinstance(default, dict) else crawler.get(field, default)
    crawler["Schedule"] = _schedule(given["Schedule"]) if "Schedule" in given else before.get("Schedule", {})
    options.check(crawler)
    if crawler["Targets"].get("S3Targets") and not crawler.get("DatabaseName"):
        raise AwsError("InvalidInputException", "DatabaseName is required for S3 targets")
    return crawler


def _schedule(expression: str | None) -> dict[str, str]:
    if not expression:
        return {}
    try:
        is_cron = parse(expression).cron is not None
    except ValueError as error:
        raise AwsError("InvalidInputException", f"Invalid schedule expression: {error}") from error
    if not is_cron:
        raise AwsError("InvalidInputException", "A crawler's schedule is a cron(…) expression")
    return {"ScheduleExpression": expression, "State": "SCHEDULED"}
