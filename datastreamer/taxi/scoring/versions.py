"""Which version of the model has answered, and its rule: by the fingerprint that comes with each answer.

The rules lie in a DynamoDB table, a few items. They are read all at once, and believed for about a minute, so that a
rule that somebody changes is in force then without a deploy. A fingerprint that none of them has is looked for at once:
a version's item is written before the endpoint takes the version.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer

from datastreamer.aws.clock import Clock
from datastreamer.aws.faults import CALL_ERRORS
from datastreamer.errors import ConfigurationError, RetryableError
from datastreamer.taxi.model.fingerprint import same
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.scoring.recognition import Recognized, recognized, stranger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGAIN_S: Final = 5.0
"""When a look that failed is tried again, of versions that are known: what the calls wait for must not be this."""


@dataclass
class Versions:
    """The versions in ``table``. The client must not retry on its own; ``fresh_s`` is how long they are believed."""

    client: DynamoDBClient
    table: str
    clock: Clock
    fresh_s: float
    _known: Mapping[str, Thresholds] = field(default_factory=dict)
    _next: float = -math.inf
    _unreadable: str = ""
    _strangers: list[tuple[float, ...]] = field(default_factory=list)
    _met: dict[str, Recognized] = field(default_factory=dict)
    _problem: str = ""

    def recognize(self, scores: Sequence[float]) -> Recognized:
        """The version with this fingerprint; one that the table does not have gets the default rule.

        Raises RetryableError when the table cannot be read and the fingerprint is not among those that are known.
        """
        stale = self.clock.now() >= self._next
        if stale:
            self._look()
        found = recognized(self._known.values(), scores)
        if found is None and not stale and not any(same(scores, each) for each in self._strangers):
            self._look()
            found = recognized(self._known.values(), scores)
        if found is None and self._unreadable:
            raise RetryableError(self._unreadable)
        if found is None:
            self._strangers.append(tuple(scores))
            found = stranger(scores)
        self._met[found.version] = found
        return found

    def named(self, version: str) -> Recognized:
        """What ``recognize`` said last of ``version``."""
        return self._met[version]

    def take_problem(self) -> str:
        """What was wrong with the table or one of its items, since this was asked last."""
        problem, self._problem = self._problem, ""
        return problem

    def _look(self) -> None:
        """Read the table. What was known stays known while it cannot be read."""
        try:
            items = [
                item
                for page in self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
                for item in page["Items"]
            ]
        except CALL_ERRORS as error:
            self._problem = self._unreadable = f"the thresholds in table {self.table} cannot be read: {error}"
            self._next = self.clock.now() + AGAIN_S
            return
        self._unreadable = ""
        self._known = {each.model_version: each for each in map(self._read, items) if each is not None}
        self._strangers.clear()
        self._next = self.clock.now() + self.fresh_s

    def _read(self, item: Mapping[str, Any]) -> Thresholds | None:
        """The rule in an item; of one that is none the last that was one stays in force."""
        plain = {name: _deserializer.deserialize(value) for name, value in item.items()}
        try:
            return Thresholds.of(plain)
        except ConfigurationError as error:
            self._problem = str(error)
            return self._known.get(str(plain.get("model_version")))


_deserializer = TypeDeserializer()
