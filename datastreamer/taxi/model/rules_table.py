"""The table of each version's rule, as those read and write it who make versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datastreamer.taxi.model.thresholds import DEFAULT_FLOOR, Thresholds


@dataclass(frozen=True)
class RulesTable:
    """``table`` is boto3's resource of the table."""

    table: Any

    def find(self, version: str) -> Thresholds | None:
        """The rule of a version; None where it has none. Raises ConfigurationError for an item that cannot be read."""
        found = self.table.get_item(Key={"model_version": version}, ConsistentRead=True)
        return Thresholds.of(found["Item"]) if "Item" in found else None

    def floor_and_factor(self, version: str) -> tuple[float, float]:
        """The rule in force for a version: the plain one where it has none."""
        rule = self.find(version)
        return (DEFAULT_FLOOR, 0.0) if rule is None else (rule.floor, rule.factor)

    def all(self) -> list[Thresholds]:
        """The rule of every version; raises ConfigurationError for an item that cannot be read."""
        answer = self.table.scan(ConsistentRead=True)
        items = answer["Items"]
        while "LastEvaluatedKey" in answer:
            answer = self.table.scan(ConsistentRead=True, ExclusiveStartKey=answer["LastEvaluatedKey"])
            items += answer["Items"]
        return [Thresholds.of(item) for item in items]

    def put_unless_there(self, thresholds: Thresholds) -> None:
        """Give a version its rule. One that is there stays: a person may have changed it."""
        unavailable = self.table.meta.client.exceptions.ConditionalCheckFailedException
        try:
            self.table.put_item(Item=thresholds.item(), ConditionExpression="attribute_not_exists(model_version)")
        except unavailable:
            return
