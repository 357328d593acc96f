"""How indices of predictions are made and how long they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from datastreamer.errors import UsageError
from datastreamer.taxi.prediction import INDEX, mapping

TEMPLATE: Final = INDEX
"""The index template's name."""
POLICY: Final = INDEX
"""The id of the policy of Index State Management."""
PATTERN: Final = f"{INDEX}-*"
"""Firehose adds a dash and the time of rotation to the index's name."""
PRIORITY: Final = 100
"""Of template and policy, above those of people who match everything."""


@dataclass(frozen=True)
class IndexSettings:
    """``shards`` and ``replicas`` of each index, and ``keep_days``, after which it is deleted.

    Raises UsageError for numbers that OpenSearch does not take. On one data node there is no place for a replica, and
    the cluster stays yellow with one.
    """

    shards: int = 1
    replicas: int = 1
    keep_days: int = 90

    def __post_init__(self) -> None:
        if self.shards < 1 or self.replicas < 0 or self.keep_days < 1:
            raise UsageError("an index has at least one shard, no negative number of replicas, and is kept for a day")


def index_template(settings: IndexSettings) -> dict[str, Any]:
    """The body of ``PUT /_index_template``: strict, so that a field which nobody has declared is refused.

    Settings are texts, as OpenSearch answers them.
    """
    return {
        "index_patterns": [PATTERN],
        "priority": PRIORITY,
        "template": {
            "settings": {
                "index": {
                    "number_of_shards": str(settings.shards),
                    "number_of_replicas": str(settings.replicas),
                    "refresh_interval": "5s",
                }
            },
            "mappings": mapping(),
        },
    }


def retention_policy(settings: IndexSettings) -> dict[str, Any]:
    """The body of ``PUT /_plugins/_ism/policies``.

    An index's age counts from its creation (docs.opensearch.org/latest/im-plugin/ism/policies/#transitions). Gold in S3
    stays.
    """
    age = {"min_index_age": f"{settings.keep_days}d"}
    return {
        "policy": {
            "description": f"Predictions of taxi fares are searchable for {settings.keep_days} days",
            "default_state": "searchable",
            "states": [
                {
                    "name": "searchable",
                    "actions": [],
                    "transitions": [{"state_name": "expired", "conditions": age}],
                },
                {"name": "expired", "actions": [{"delete": {}}], "transitions": []},
            ],
            "ism_template": [{"index_patterns": [PATTERN], "priority": PRIORITY}],
        }
    }
