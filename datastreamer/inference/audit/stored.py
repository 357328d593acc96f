"""What became of records: the items of a table and the parked objects of a bucket, found again by event id."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

EVENT_ID = re.compile(rb"[0-9a-f]{12}-\d{3,6}-\d{10}")
"""As the simulator gives it: found in the bytes of any record, however broken."""


@dataclass
class Stored:
    """By event id. ``items``: how many items. ``parked``: the reasons of the objects that the function parked.

    ``undelivered``: records of batches that Lambda gave up. ``label``: what the model called it, 0 or 1, where a
    threshold was set. ``milliseconds``: from arrival in Kinesis to being scored, of each item.
    """

    items: Counter[str] = field(default_factory=Counter)
    parked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    undelivered: Counter[str] = field(default_factory=Counter)
    label: dict[str, int] = field(default_factory=dict)
    milliseconds: list[int] = field(default_factory=list)
    nameless: int = 0
    """Objects that hold no event id of the simulator."""


def read_stored(dynamodb: Any, s3: Any, table: str, bucket: str) -> Stored:
    """Everything in ``table`` and in ``bucket``; both are read whole."""
    stored = Stored()
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression="#input.event_id, #timestamp, prediction.#label, prediction.scored_at",
        ExpressionAttributeNames={"#input": "input", "#timestamp": "timestamp", "#label": "label"},
    )
    for page in pages:
        for item in page["Items"]:
            _take_item(stored, item)
    keys = [key for prefix in ("failures/", "aws/lambda/") for key in _keys(s3, bucket, prefix)]
    with ThreadPoolExecutor(8) as pool:
        for key, body in zip(keys, pool.map(lambda key: _read(s3, bucket, key), keys), strict=True):
            if key.startswith("failures/"):
                _take_parked(stored, json.loads(body))
            else:
                _take_batch(stored, json.loads(body))
    return stored


def _take_item(stored: Stored, item: dict[str, Any]) -> None:
    event_id = item.get("input", {}).get("M", {}).get("event_id", {}).get("S")
    if event_id is None:
        stored.nameless += 1
        return
    stored.items[event_id] += 1
    prediction = item["prediction"]["M"]
    stored.milliseconds.append(int(prediction["scored_at"]["N"]) - int(item["timestamp"]["N"]))
    if "label" in prediction:
        stored.label[event_id] = int(prediction["label"]["N"])


def _take_parked(stored: Stored, parked: dict[str, Any]) -> None:
    event_id = _event_id(parked["record"])
    if event_id is None:
        stored.nameless += 1
    else:
        stored.parked[event_id].append(parked["reason"])


def _take_batch(stored: Stored, invocation: dict[str, Any]) -> None:
    payload = invocation["payload"]
    records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
    for event_id in map(_event_id, records):
        if event_id is None:
            stored.nameless += 1
        else:
            stored.undelivered[event_id] += 1


def _event_id(event_record: dict[str, Any]) -> str | None:
    found = EVENT_ID.search(base64.b64decode(event_record["kinesis"]["data"]))
    return found[0].decode() if found else None


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            yield entry["Key"]


def _read(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body
