"""How often a schedule fires in a month."""

from __future__ import annotations

import math
import re

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost import prices as p


def runs_per_month(expression: str) -> float:
    """How often ``rate(…)`` or a pattern ``cron(minutes hours days * ? *)`` of days of the month fires in a month."""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if rate:
        minutes = int(rate[1]) * {"minute": 1, "hour": 60, "day": 1440}[rate[2]]
        return p.HOURS_PER_MONTH * 60 / minutes
    cron = re.fullmatch(r"cron\((\S+) (\S+) (\S+) \* \? \*\)", expression)
    if cron:
        days = p.DAYS_PER_MONTH if cron[3] == "*" else _count(cron[3], 31)
        return _count(cron[1], 60) * _count(cron[2], 24) * days
    raise ConfigurationError(f"{expression}: only rate(…) and cron(minutes hours days * ? *) can be counted")


def _count(field: str, size: int) -> int:
    if field == "*":
        return size
    step = re.fullmatch(r"(?:\*|0)/(\d+)", field)
    if step:
        return math.ceil(size / int(step[1]))
    if re.fullmatch(r"\d+(,\d+)*", field):
        return field.count(",") + 1
    raise ConfigurationError(f"{field}: only *, a step and a list can be counted in a schedule")
