"""EventBridge Scheduler's schedules, as ministack keeps them."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.scheduler.delivery import Delivery
from aws_stage.engines.scheduler.targets import Clients
from aws_stage.engines.scheduler.timetable import Timed
from aws_stage.kernel.schedule_expression import parse, zone

logger = logging.getLogger("aws_stage.scheduler")

PREFIX = "schedule/"

_ALL = 1_000_000
"""ministack's ListSchedules gives no NextToken, so one page must hold them all."""


class Schedules:
    """Reads the schedules and fires them; a schedule is read whole again only when it has changed."""

    def __init__(self, clients: Clients, delivery: Delivery) -> None:
        self._clients = clients
        self._delivery = delivery
        self._known: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def read(self) -> list[Timed]:
        """The schedules as they are now."""
        client = self._clients("scheduler")
        listed = client.list_schedules(MaxResults=_ALL)["Schedules"]
        now: dict[str, tuple[datetime, dict[str, Any]]] = {}
        for entry in listed:
            known = self._known.get(entry["Arn"])
            if known is None or known[0] != entry["LastModificationDate"]:
                # It may be gone by now.
                with contextlib.suppress(client.exceptions.ResourceNotFoundException):
                    whole = client.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
                    now[entry["Arn"]] = (entry["LastModificationDate"], whole)
            else:
                now[entry["Arn"]] = known
        self._known = now
        return [_timed(schedule) for _, schedule in now.values() if _is_readable(schedule)]

    def fire(self, timed: Timed, due: datetime) -> None:
        """Invoke the schedule's target."""
        self._delivery.begin(self._known[timed.key.removeprefix(PREFIX)][1], due)

    def complete(self, timed: Timed) -> None:
        """The schedule will never be due again: delete it if it says so and nothing of it waits for another try."""
        arn = timed.key.removeprefix(PREFIX)
        schedule = self._known[arn][1]
        if schedule.get("ActionAfterCompletion") != "DELETE" or self._delivery.is_waiting(arn):
            return
        with contextlib.suppress(ClientError):
            self._clients("scheduler").delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])


def _is_readable(schedule: dict[str, Any]) -> bool:
    """CreateSchedule refuses what cannot be read; one from before it did must not keep the others from firing."""
    try:
        parse(schedule["ScheduleExpression"])
        zone(schedule.get("ScheduleExpressionTimezone") or "UTC")
    except ValueError as error:
        logger.warning("schedule %s never fires: %s", schedule["Name"], error)
        return False
    return True


def _timed(schedule: dict[str, Any]) -> Timed:
    return Timed(
        key=PREFIX + schedule["Arn"],
        expression=schedule["ScheduleExpression"],
        time_zone=schedule.get("ScheduleExpressionTimezone") or "UTC",
        enabled=schedule["State"] == "ENABLED",
        created=str(schedule["CreationDate"]),
        start=schedule.get("StartDate"),
        end=schedule.get("EndDate"),
    )
