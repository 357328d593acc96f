"""FilterCriteria of Kinesis mappings: which records a function gets.

Lambda developer guide, "Using event filtering with a Kinesis event source": ``data`` is matched as the JSON that was
put. A record whose data is not JSON is dropped by a pattern that looks at ``data``; other fields are matched as the
function would see them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from aws_stage.engines.event_source_mapping.filters.event_pattern import Pattern, PatternError
from aws_stage.engines.event_source_mapping.records import Record

Describe = Callable[[Record], dict[str, Any]]


class EventFilter:
    """A record passes when one of the patterns matches."""

    def __init__(self, patterns: Sequence[tuple[Pattern, bool]]) -> None:
        self._patterns = patterns
        self._reads_data = any(reads_data for _, reads_data in patterns)

    @classmethod
    def of(cls, patterns: Iterable[str]) -> EventFilter:
        """Read the patterns of a mapping; raises PatternError."""
        return cls([_parse(text) for text in patterns])

    def select(self, describe: Describe) -> Callable[[Sequence[Record]], Sequence[Record]]:
        """A function that leaves out what does not pass; ``describe`` gives a record as the function sees it."""
        return lambda records: [record for record in records if self.passes(record, describe)]

    def passes(self, record: Record, describe: Describe) -> bool:
        """Whether the function gets ``record``."""
        described = describe(record)
        document: dict[str, Any] = {**described["kinesis"], **described}
        readable = False
        if self._reads_data:
            try:
                document["data"] = orjson.loads(base64.b64decode(record.data))
                readable = True
            except orjson.JSONDecodeError:
                del document["data"]
        return any((readable or not reads_data) and pattern.matches(document) for pattern, reads_data in self._patterns)


def _parse(text: str) -> tuple[Pattern, bool]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PatternError(f"the filter pattern is not JSON: {error}") from error
    pattern = Pattern(document)
    return pattern, _reads_data(document)


def _reads_data(document: dict[str, Any]) -> bool:
    if "data" in document and not isinstance(document["data"], dict):
        raise PatternError("data must be a JSON object of rules, since the data of Kinesis records is matched as JSON")
    return "data" in document or any(_reads_data(alternative) for alternative in document.get("$or", ()))
