"""Having the function process records again, as Kinesis first delivered them: it parks nothing and says what fails.

A record keeps its arrival time and sequence number, so its item is the same however often it is processed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.faults import CALL_ERRORS, is_missing, is_transient
from datastreamer.errors import ConfigurationError
from datastreamer.inference.reprocessing.parked import EventRecord

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

MOST_RECORDS: Final = 500
"""Records an invocation: as many as the pipeline's own batches have, which the function's time limit is made for."""
MOST_BYTES: Final = 5_500_000
"""An invocation's event, below the 6 MB that Lambda takes of a synchronous one."""
NOT_INVOKED: Final = "function_failed"


@dataclass(frozen=True)
class StillFailing:
    """A record that is not stored yet: its event id (``<shard>:<sequence number>``), a reason code, and the detail."""

    event_id: str
    reason: str
    detail: str


def invocations(records: Sequence[EventRecord]) -> Iterator[list[EventRecord]]:
    """The records in as few events as Lambda takes."""
    event: list[EventRecord] = []
    size = 0
    for record in records:
        more = event_bytes(record)
        if event and (len(event) == MOST_RECORDS or size + more > MOST_BYTES):
            yield event
            event, size = [], 0
        event.append(record)
        size += more
    if event:
        yield event


def invoke(records: Sequence[EventRecord], functions: LambdaClient, function: str) -> Mapping[str, StillFailing]:
    """Have the function process ``records``; those that still fail, by event id."""
    payload = json.dumps({"Records": records, "replay": True}).encode()
    try:
        response = functions.invoke(FunctionName=function, InvocationType="RequestResponse", Payload=payload)
        answer: Any = json.loads(response["Payload"].read())
    except CALL_ERRORS as error:
        if is_missing(error):
            raise ConfigurationError(
                f"there is no function {function}. Is the stack deployed? Name another stack or function"
            ) from error
        if not is_transient(error):
            raise
        return _all(records, f"the function could not be invoked: {error}")
    if response.get("FunctionError"):
        message = answer.get("errorMessage", answer) if isinstance(answer, dict) else answer
        return _all(records, f"the function ended with an error: {message}")
    if not isinstance(answer, dict) or "failures" not in answer:
        raise ConfigurationError(f"function {function} cannot replay: update it to the present code, or name another")
    return {
        failure["eventID"]: StillFailing(failure["eventID"], failure["reason"], failure["detail"])
        for failure in answer["failures"]
    }


def _all(records: Sequence[EventRecord], detail: str) -> Mapping[str, StillFailing]:
    return {record["eventID"]: StillFailing(record["eventID"], NOT_INVOKED, detail) for record in records}


def event_bytes(record: EventRecord) -> int:
    """About the size of a record in an event; all of it but the data is small and ASCII."""
    return len(json.dumps(record)) + 2
