"""A prediction: what a live trip should have cost, beside what was charged.

``Prediction`` is the one table of its fields. The line that the function writes, the columns of gold, the view of it
and the mapping in OpenSearch are made of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

TABLE: Final = "taxi_predictions"
LATEST_VIEW: Final = "taxi_predictions_latest"
INDEX: Final = "taxi-predictions"
"""What the names of the indices in OpenSearch begin with; Firehose adds the time of rotation."""
TIME_FIELD: Final = "event_time"

DEFAULT_RULE: Final = "default"
VERSION_RULE: Final = "version"


class Kind(Enum):
    """What a field holds: its type in the catalogue (Hive's) and in OpenSearch."""

    KEYWORD = ("string", "keyword")
    TIME = ("string", "date")
    """ISO-8601, UTC, with milliseconds and Z: sorts as text."""
    NUMBER = ("double", "double")
    WHOLE = ("int", "integer")
    SMALL = ("tinyint", "byte")
    """From -128 to 127."""
    BOOLEAN = ("boolean", "boolean")

    def __init__(self, hive: str, search: str) -> None:
        self.hive = hive
        self.search = search


class Rule(NamedTuple):
    """What is said of a field; ``meaning`` with its unit."""

    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """A trip that was scored, and the table of its fields in the order in which they are written."""

    trip_id: Annotated[str, Rule(Kind.KEYWORD, "Id of the trip; a copy of a record has it again")]
    event_time: Annotated[str, Rule(Kind.TIME, "When the trip ended, UTC")]
    scored_at: Annotated[str, Rule(Kind.TIME, "When it was scored, UTC; of one trip the latest counts")]
    event_date: Annotated[str, Rule(Kind.KEYWORD, "Day of event_time, UTC, as 2025-01-31")]
    model_version: Annotated[
        str, Rule(Kind.KEYWORD, "Version of the model package; unregistered-<hash> of a model that has no thresholds")
    ]
    rule: Annotated[str, Rule(Kind.KEYWORD, "Whose threshold was used: version or default")]
    feature_hash: Annotated[str, Rule(Kind.KEYWORD, "Hash of the features that the model was asked about")]
    fare_amount: Annotated[float, Rule(Kind.NUMBER, "Fare that was charged, US dollars")]
    predicted_fare: Annotated[float, Rule(Kind.NUMBER, "Fare by the model, US dollars")]
    residual: Annotated[float, Rule(Kind.NUMBER, "fare_amount - predicted_fare, US dollars")]
    threshold: Annotated[float, Rule(Kind.NUMBER, "How large the residual may be either way, US dollars")]
    is_outlier: Annotated[bool, Rule(Kind.BOOLEAN, "Whether it is larger")]
    outlier: Annotated[int, Rule(Kind.SMALL, "1 or 0 for is_outlier: its average is the rate of outliers")]
    trip_distance: Annotated[float, Rule(Kind.NUMBER, "Feature: miles, by the meter")]
    trip_minutes: Annotated[float, Rule(Kind.NUMBER, "Feature: minutes that the trip took")]
    pickup_hour: Annotated[int, Rule(Kind.SMALL, "Feature: hour of the pick-up, 0 to 23, New York time")]
    pickup_weekday: Annotated[int, Rule(Kind.SMALL, "Feature: day of the pick-up, 1 Monday to 7 Sunday")]
    pickup_zone: Annotated[int, Rule(Kind.WHOLE, "Feature: TLC taxi zone of the pick-up")]
    dropoff_zone: Annotated[int, Rule(Kind.WHOLE, "Feature: TLC taxi zone of the drop-off")]
    passenger_count: Annotated[int | None, Rule(Kind.WHOLE, "Feature: passengers; null where the trip was booked")]
    vendor_id: Annotated[int | None, Rule(Kind.WHOLE, "Provider of the meter")]
    rate_code: Annotated[int | None, Rule(Kind.WHOLE, "TLC's rate code")]
    payment_type: Annotated[int | None, Rule(Kind.WHOLE, "TLC's payment type")]
    shard_id: Annotated[str, Rule(Kind.KEYWORD, "Shard of the trip's record in the stream")]
    sequence_number: Annotated[str, Rule(Kind.KEYWORD, "Sequence number of the record in its shard")]

    def line(self) -> bytes:
        """As it is written: a JSON object and a line end, the fields in order."""
        document = {name: getattr(self, name) for name in _NAMES}
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"


class Field(NamedTuple):
    """A row of the table; see ``Rule``."""

    name: str
    kind: Kind
    meaning: str


def _fields() -> Iterator[Field]:
    for name, hint in get_type_hints(Prediction, include_extras=True).items():
        if get_origin(hint) is Annotated:
            rule = get_args(hint)[1]
            yield Field(name, rule.kind, rule.meaning)


FIELDS: Final = tuple(_fields())
_NAMES: Final = tuple(field.name for field in FIELDS)


def shown(moment: datetime) -> str:
    """An aware moment as ``Kind.TIME`` writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mapping() -> dict[str, Any]:
    """The mapping of an index of predictions in OpenSearch, which takes no other field."""
    return {"dynamic": "strict", "properties": {field.name: {"type": field.kind.search} for field in FIELDS}}


def latest_sql(partition: str) -> str:
    """The query of the view that has each trip once, as it was scored last; ``partition``: the table's own column.

    Of two that were scored in the same millisecond the one whose record is later counts, so that the answer is always
    the same one.
    """
    columns = ", ".join((*_NAMES, partition))
    order = "scored_at DESC, sequence_number DESC, model_version DESC"
    ranked = f"SELECT {columns}, row_number() OVER (PARTITION BY trip_id ORDER BY {order}) AS place FROM {TABLE}"  # noqa: S608
    return f"SELECT {columns} FROM ({ranked}) WHERE place = 1"  # noqa: S608  our own names
