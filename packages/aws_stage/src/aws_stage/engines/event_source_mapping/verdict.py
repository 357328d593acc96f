"""What became of an invocation, by the rules of stream event sources.

Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda" and "Implementing
stateful Kinesis Data Streams processing in Lambda".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from aws_stage.engines.event_source_mapping.invocation import Invoked
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch


@dataclass(frozen=True)
class Succeeded:
    """Every record is processed."""

    state: Any = None


@dataclass(frozen=True)
class Failed:
    """The records from index ``first`` on are not processed; those before are."""

    first: int = 0
    state: Any = None


@dataclass(frozen=True)
class NotInvoked:
    """The function never ran (throttled, deleted, unreachable): that is no attempt."""

    reason: str


Verdict = Succeeded | Failed | NotInvoked


def judge(answer: Invoked, batch: Batch, options: Options) -> Verdict:
    """Read the answer to the invocation with ``batch``."""
    if answer.status != 200:
        return NotInvoked(f"HTTP {answer.status}: {answer.body[:300].decode(errors='replace')}")
    if answer.function_error:
        return Failed()
    response = _json(answer.body) if options.report_item_failures or batch.window else None
    state = response.get("state") if isinstance(response, dict) else None
    if batch.window and not batch.window.final and state is None:
        return Failed()
    first = _first_failure(response, batch) if options.report_item_failures else None
    return Succeeded(state) if first is None else Failed(first, state)


def _first_failure(response: Any, batch: Batch) -> int | None:
    """The index of the lowest sequence number that is reported; 0 for an answer that names none of the batch."""
    if not isinstance(response, dict):
        return None if not response else 0
    failures = response.get("batchItemFailures")
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list):
        return 0
    indexes = {record.sequence_number: index for index, record in enumerate(batch.records)}
    first = len(batch.records)
    for item in failures:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        first = min(first, indexes.get(identifier, 0) if isinstance(identifier, str) else 0)
    return first


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")
