"""Prefix expressions and object keys.

Rules: Amazon Data Firehose Developer Guide, "Understand custom prefixes for Amazon S3 objects" and "Configure Amazon S3
object name format".
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trino_on_duckdb.date_patterns import PatternError, check_pattern, format_time

DEFAULT_TIME_PREFIX = "!{timestamp:yyyy/MM/dd/HH/}"
MAX_LENGTH = 512
"""Longest evaluated prefix, in characters (Developer Guide, semantic rules)."""

_EXPRESSION = re.compile(r"!\{(?P<namespace>[^:{}]*):(?P<value>[^{}]*)\}")


class PrefixError(ValueError):
    """A prefix that Firehose refuses; the message says why."""


def check_prefix(prefix: str) -> None:
    """Raise PrefixError unless ``prefix`` may be an object prefix."""
    _check_expressions(prefix)
    if "!{firehose:error-output-type}" in prefix:
        raise PrefixError("Prefix can't contain !{firehose:error-output-type}")


def check_error_prefix(prefix: str, error_prefix: str) -> None:
    """Raise PrefixError unless ``error_prefix`` may stand beside ``prefix``."""
    if not error_prefix:
        if "!{" in prefix:
            raise PrefixError("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
        return
    _check_expressions(error_prefix)
    if "!{" in error_prefix and "!{firehose:error-output-type}" not in error_prefix:
        raise PrefixError(
            "ErrorOutputPrefix with expressions must include at least one instance of !{firehose:error-output-type}"
        )


def _check_expressions(prefix: str) -> None:
    if "!{" in _EXPRESSION.sub("", prefix):
        raise PrefixError("The sequence !{ can only appear in !{namespace:value} expressions")
    for match in _EXPRESSION.finditer(prefix):
        namespace, value = match["namespace"], match["value"]
        if namespace == "timestamp":
            try:
                check_pattern(value)
            except PatternError as error:
                raise PrefixError(f"Invalid timestamp expression {match[0]}: {error}") from error
        elif namespace == "firehose":
            if value not in ("random-string", "error-output-type"):
                raise PrefixError(f"Invalid value {value!r} in the firehose namespace of {match[0]}")
        elif namespace in ("partitionKeyFromQuery", "partitionKeyFromLambda"):
            raise PrefixError(f"{match[0]} requires dynamic partitioning, which the local stage does not do")
        else:
            raise PrefixError(f"Invalid namespace {namespace!r} in {match[0]}")
    evaluated = _evaluate(prefix, datetime.now(UTC), ZoneInfo("UTC"), "processing-failed")
    if len(evaluated) > MAX_LENGTH:
        raise PrefixError(f"The evaluated prefix has {len(evaluated)} characters, and may have {MAX_LENGTH}")


def object_prefix(prefix: str, arrival: datetime, zone: ZoneInfo) -> str:
    """The prefix of a delivered object; ``arrival`` is that of its oldest record."""
    return _evaluate(prefix if "!{timestamp:" in prefix else prefix + DEFAULT_TIME_PREFIX, arrival, zone, "")


def error_object_prefix(prefix: str, error_prefix: str, error_type: str, arrival: datetime, zone: ZoneInfo) -> str:
    """The prefix of an object of failed records; ``error_type`` is for example ``processing-failed``."""
    expression = error_prefix or f"{prefix}!{{firehose:error-output-type}}/{DEFAULT_TIME_PREFIX}"
    return _evaluate(expression, arrival, zone, error_type)


def _evaluate(expression: str, arrival: datetime, zone: ZoneInfo, error_type: str) -> str:
    moment = arrival.astimezone(zone)

    def value_of(match: re.Match[str]) -> str:
        if match["namespace"] == "timestamp":
            return format_time(match["value"], moment)
        return error_type if match["value"] == "error-output-type" else random_string()

    return _EXPRESSION.sub(value_of, expression)


def random_string() -> str:
    """Eleven characters, new each time."""
    return str(uuid.uuid4())[:11]


def object_suffix(stream: str, version: int, arrival: datetime, zone: ZoneInfo, extension: str) -> str:
    """``<stream>-<version>-YYYY-MM-DD-HH-MM-SS-<uuid><extension>``."""
    return f"{stream}-{version}-{arrival.astimezone(zone):%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"
