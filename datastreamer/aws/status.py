"""How a pipeline's parts are, in AWS's own words, and whether that is how they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

NewClient = Callable[[str], Any]
"""Makes a boto3 client of a service."""

MISSING: Final = "MISSING"
NOT_APPLIED: Final = "is the stage applied? make apply"


@dataclass(frozen=True)
class Part:
    """One part of a pipeline: its ``state`` in AWS's own word, and whether that is how it should be.

    ``attention``: healthy, and still something that somebody should look at.
    """

    name: str
    resource: str
    state: str
    healthy: bool
    detail: str = ""
    attention: bool = False


class StageParts(Protocol):
    """What ``datastreamer.<pipeline>.status`` has: asks every part that the pipeline has on ``stage`` how it is.

    A part that does not exist is unhealthy and says MISSING, so that a pipeline that is off says nothing else.
    """

    def __call__(self, stage: str, account: str, client: NewClient, now: datetime) -> list[Part]: ...


def ask(name: str, resource: str, check: Callable[[], Part], advice: str = NOT_APPLIED) -> Part:
    """What ``check`` answers; where AWS has no such resource, a part that is MISSING, with ``advice``."""
    try:
        return check()
    except ClientError as error:
        if not is_missing(error):
            raise
        return Part(name, resource, MISSING, healthy=False, detail=advice)


def all_healthy(parts: list[Part]) -> bool:
    """Whether every part is as it should be."""
    return all(part.healthy for part in parts)


def is_off(parts: list[Part]) -> bool:
    """Whether nothing of the pipeline is there: it is off, and not broken."""
    return all(part.state == MISSING for part in parts)


def ringing_alarms(cloudwatch: CloudWatchClient, prefix: str, ours: Callable[[str], bool]) -> Iterator[Part]:
    """The alarms in state ALARM whose names begin with ``prefix`` and are ``ours``."""
    for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix):
        for alarm in page["MetricAlarms"]:
            if alarm["StateValue"] == "ALARM" and ours(alarm["AlarmName"]):
                yield Part("alarm", alarm["AlarmName"], "ALARM", healthy=False, detail=alarm.get("StateReason", ""))
