"""A prediction as an item of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.inference.processing.attributes import (
    ITEM_MAX_BYTES,
    TOO_LARGE,
    Attribute,
    attribute,
    item_bytes,
    number,
)
from datastreamer.inference.record import Record, parse_record
from datastreamer.scoring.delivery import Delivery, Scored
from datastreamer.scoring.payload import Payload

Item = Mapping[str, Attribute]

SECONDS_A_DAY: Final = 86_400
SECONDS_CHARS: Final = len("2025-10-15T08:30:00")
SEQUENCE_DIGITS: Final = 56
"""How long Kinesis's sequence numbers are."""
PREDICTION_BYTES: Final = 4_096
"""What is kept free for the prediction when an item's input is judged: a single score needs far less."""
BYTES_A_JSON_BYTE: Final = 2
"""At most so many bytes of an item come of a byte of JSON (``1,`` makes 3), so small records need not be measured."""


@dataclass(frozen=True)
class ItemContract:
    """Records of the pipeline as items. ``threshold``: see ``scored_item``; ``ttl_days``: see ``Settings``."""

    payload: Payload
    threshold: float | None
    ttl_days: int | None

    def accept(self, delivery: Delivery) -> tuple[bytes, Item]:
        """The row and the unscored item of a record; raises InvalidRecordError."""
        record = parse_record(delivery.payload)
        return self.payload.row(record.data), unscored_item(delivery, record, self.ttl_days)

    def result(self, unscored: Item, scored: Scored, scored_at_ms: int) -> Item:
        """The whole item; raises InvalidRecordError."""
        return scored_item(unscored, scored, self.threshold, scored_at_ms)


def sort_key(arrival_ms: int, sequence_number: str) -> str:
    """The sort key of a record: ISO-8601, UTC, the arrival time with the sequence number as further decimals.

    ``2025-10-15T08:30:00.123`` + 56 digits + ``Z``. The same for each delivery of a record, other for every other
    record; sorts by arrival, and within a millisecond by sequence number.
    """
    moment = datetime.fromtimestamp(arrival_ms // 1000, UTC).isoformat()[:SECONDS_CHARS]
    return f"{moment}.{arrival_ms % 1000:03d}{sequence_number.zfill(SEQUENCE_DIGITS)}Z"


def unscored_item(delivery: Delivery, record: Record, ttl_days: int | None) -> dict[str, Attribute]:
    """The record's item but for its prediction.

    ``input`` is the whole record as sent. Raises InvalidRecordError when DynamoDB could not hold the item.
    """
    item = {
        "pk": {"S": record.id},
        "sk": {"S": sort_key(delivery.arrival_ms, delivery.sequence_number)},
        "input": attribute(record.document),
        "timestamp": {"N": str(delivery.arrival_ms)},
        "kinesis_sequence": {"S": delivery.sequence_number},
    }
    if ttl_days is not None:
        item["expires_at"] = {"N": str(delivery.arrival_ms // 1000 + ttl_days * SECONDS_A_DAY)}
    if BYTES_A_JSON_BYTE * len(delivery.payload) > ITEM_MAX_BYTES - 2 * PREDICTION_BYTES:
        _check_size(item, ITEM_MAX_BYTES - PREDICTION_BYTES)
    return item


def scored_item(unscored: Item, scored: Scored, threshold: float | None, scored_at_ms: int) -> Item:
    """The whole item. When there is a threshold, a single score gets a label, 1 from it on; a vector gets none.

    Raises InvalidRecordError when the vector makes the item too large.
    """
    scores = [number(score) for score in scored.scores]
    single = len(scores) == 1
    prediction: dict[str, Any] = {"score": scores[0]} if single else {"scores": {"L": scores}}
    if single and threshold is not None:
        prediction["label"] = {"N": str(int(scored.scores[0] >= threshold))}
    prediction["variant"] = {"S": scored.variant}
    prediction["scored_at"] = {"N": str(scored_at_ms)}
    item = {**unscored, "prediction": {"M": prediction}}
    if scored.model is not None:
        item["model"] = {"S": scored.model}
    if not single:
        _check_size(item, ITEM_MAX_BYTES)
    return item


def _limit(most: int) -> str:
    if most == ITEM_MAX_BYTES:
        return f"DynamoDB holds {most:,}"
    return f"at most {most:,} are left of DynamoDB's {ITEM_MAX_BYTES:,} beside the prediction"


def _check_size(item: Item, most: int) -> None:
    size = item_bytes(item)
    if size > most:
        raise InvalidRecordError(TOO_LARGE, f"its item would have about {size:,} bytes; {_limit(most)}")
