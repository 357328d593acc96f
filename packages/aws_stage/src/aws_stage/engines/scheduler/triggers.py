"""Glue triggers that fire by the clock (SCHEDULED) or when told to (ON_DEMAND).

Kept here and not in ministack, whose triggers never fire.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.scheduler.timetable import Timed
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.glue_tags import GlueTags
from aws_stage.kernel.paging import page
from aws_stage.kernel.schedule_expression import parse

logger = logging.getLogger("aws_stage.scheduler")

PREFIX = "trigger/"

_KIND = "trigger"
_PAGE = 200
_RUN_FIELDS = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty")

Trigger = dict[str, Any]


class Triggers:
    """The triggers of the account, durable."""

    def __init__(self, stage: Stage, engine: str) -> None:
        self._stage = stage
        self._store = stage.store(engine)
        self._tags = GlueTags(stage, "trigger")
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("glue", "CreateTrigger"): self._create,
            ("glue", "UpdateTrigger"): self._update,
            ("glue", "DeleteTrigger"): self._delete,
            ("glue", "GetTrigger"): lambda call: {"Trigger": self._get(call.payload.get("Name", ""))},
            ("glue", "GetTriggers"): self._get_all,
            ("glue", "BatchGetTriggers"): self._get_some,
            ("glue", "ListTriggers"): self._list,
            ("glue", "StartTrigger"): self._start,
            ("glue", "StopTrigger"): self._stop,
        }

    def read(self) -> list[Timed]:
        """The scheduled triggers as they are now."""
        return [
            Timed(
                key=PREFIX + name,
                expression=trigger["Schedule"],
                enabled=trigger["State"] == "ACTIVATED",
                created=str(trigger["CreatedOn"]),
            )
            for name, trigger in self._store.items(_KIND)
            if trigger["Type"] == "SCHEDULED"
        ]

    def fire(self, timed: Timed, _due: datetime) -> None:
        """Run the actions of a scheduled trigger."""
        self._run_actions(self._get(timed.key.removeprefix(PREFIX)))

    def _run_actions(self, trigger: Trigger) -> None:
        glue = self._stage.client("glue")
        for action in trigger["Actions"]:
            try:
                if action.get("CrawlerName"):
                    glue.start_crawler(Name=action["CrawlerName"])
                else:
                    given = {field: action[field] for field in _RUN_FIELDS if action.get(field)}
                    glue.start_job_run(JobName=action["JobName"], **given)
            except ClientError as error:
                logger.warning("trigger %s: %s", trigger["Name"], error)

    def _get(self, name: str) -> Trigger:
        trigger = self._store.get(_KIND, name)
        if trigger is None:
            raise AwsError("EntityNotFoundException", f"Trigger {name} not found")
        return {key: value for key, value in trigger.items() if key != "CreatedOn"}

    def _create(self, call: Call) -> dict[str, Any]:
        given = call.payload
        name, kind = given.get("Name") or "", given.get("Type")
        if not name or not given.get("Actions"):
            raise AwsError("InvalidInputException", "Name and Actions are required")
        if self._store.get(_KIND, name) is not None:
            raise AwsError("AlreadyExistsException", f"Trigger {name} already exists")
        if kind not in {"SCHEDULED", "ON_DEMAND"} or given.get("WorkflowName"):
            raise AwsError(
                "InvalidInputException",
                "The local stage supports triggers of type SCHEDULED and ON_DEMAND, outside workflows.",
            )
        if kind == "ON_DEMAND" and given.get("StartOnCreation"):
            raise AwsError("InvalidInputException", "StartOnCreation is not supported for ON_DEMAND triggers")
        trigger = {
            "Name": name,
            "Type": kind,
            "State": "ACTIVATED" if given.get("StartOnCreation") else "CREATED",
            "Actions": given["Actions"],
            **({"Description": given["Description"]} if given.get("Description") else {}),
            **({"Schedule": _checked(given.get("Schedule"))} if kind == "SCHEDULED" else {}),
        }
        self._store.put(_KIND, name, trigger | {"CreatedOn": self._stage.clock.now().timestamp()})
        self._tags.add(name, given.get("Tags"))
        return {"Name": name}

    def _update(self, call: Call) -> dict[str, Any]:
        """The given fields replace the old ones."""
        name, update = call.payload.get("Name", ""), call.payload.get("TriggerUpdate") or {}
        trigger = self._get(name)
        if update.get("Predicate"):
            raise AwsError("InvalidInputException", "The local stage supports no conditional triggers.")
        changed = {field: update[field] for field in ("Description", "Actions") if update.get(field)}
        if update.get("Schedule"):
            changed["Schedule"] = _checked(update["Schedule"])
        self._put(name, changed)
        return {"Trigger": trigger | changed}

    def _delete(self, call: Call) -> dict[str, Any]:
        """Deleting what is not there succeeds, as on AWS."""
        name = call.payload.get("Name", "")
        if self._store.delete(_KIND, name):
            self._tags.clear(name)
        return {"Name": name}

    def _start(self, call: Call) -> dict[str, Any]:
        """Activates a scheduled trigger; fires an on-demand one."""
        trigger = self._get(call.payload.get("Name", ""))
        if trigger["Type"] == "ON_DEMAND":
            self._run_actions(trigger)
        else:
            self._put(trigger["Name"], {"State": "ACTIVATED"})
        return {"Name": trigger["Name"]}

    def _stop(self, call: Call) -> dict[str, Any]:
        trigger = self._get(call.payload.get("Name", ""))
        if trigger["Type"] == "ON_DEMAND":
            raise AwsError("InvalidInputException", "An ON_DEMAND trigger cannot be stopped")
        self._put(trigger["Name"], {"State": "DEACTIVATED"})
        return {"Name": trigger["Name"]}

    def _put(self, name: str, changed: dict[str, Any]) -> None:
        with self._store.transaction():
            self._store.put(_KIND, name, (self._store.get(_KIND, name) or {}) | changed)

    def _names(self, call: Call) -> list[str]:
        job, wanted = call.payload.get("DependentJobName"), call.payload.get("Tags") or {}
        return [
            name
            for name, trigger in self._store.items(_KIND)
            if (not job or any(action.get("JobName") == job for action in trigger["Actions"]))
            and self._tags.matches(name, wanted)
        ]

    def _list(self, call: Call) -> dict[str, Any]:
        names, more = page(self._names(call), call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"TriggerNames": names, **more}

    def _get_all(self, call: Call) -> dict[str, Any]:
        names, more = page(self._names(call), call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"Triggers": [self._get(name) for name in names], **more}

    def _get_some(self, call: Call) -> dict[str, Any]:
        known = {name for name, _ in self._store.items(_KIND)}
        wanted = call.payload.get("TriggerNames") or []
        return {
            "Triggers": [self._get(name) for name in wanted if name in known],
            "TriggersNotFound": [name for name in wanted if name not in known],
        }


def _checked(expression: str | None) -> str:
    try:
        if parse(expression or "").cron is not None:
            return str(expression)
    except ValueError as error:
        raise AwsError("InvalidInputException", f"Invalid schedule: {error}") from error
    raise AwsError("InvalidInputException", "Glue's schedules are cron(…) expressions")
