"""Putting predictions on the delivery stream: until Firehose has taken each, or is known not to.

Putting one again makes a copy, of which the view of gold counts the latest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from datastreamer.aws.faults import CALL_ERRORS, is_transient
from datastreamer.scoring.delivery import Failed
from datastreamer.scoring.pacing import Deadline
from datastreamer.taxi.prediction import Prediction

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

MOST_RECORDS: Final = 500
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one PutRecordBatch (its API reference), the whole request; a prediction has less than a kilobyte."""

Lines = Mapping[str, bytes]


@dataclass
class DeliveryStream:
    """The delivery stream ``name``. The client must not retry on its own; ``call_seconds``: how long a call may take.

    ``delivered``: the predictions that Firehose took, since it was emptied.
    """

    client: FirehoseClient
    name: str
    call_seconds: float
    delivered: list[Prediction] = field(default_factory=list)

    def write(self, results: Mapping[str, Prediction], deadline: Deadline) -> Mapping[str, Failed]:
        """Put ``results``, by event id; returns those that Firehose has not taken."""
        failed: dict[str, Failed] = {}
        for lines in _requests({event_id: prediction.line() for event_id, prediction in results.items()}):
            failed |= self._put(lines, deadline)
        self.delivered += (prediction for event_id, prediction in results.items() if event_id not in failed)
        return failed

    def _put(self, lines: Lines, deadline: Deadline) -> Mapping[str, Failed]:
        """Put the lines of one request; what Firehose refuses of them for now is put again."""
        if not deadline.allows(self.call_seconds):
            return dict.fromkeys(lines, Failed(f"no time was left to put into delivery stream {self.name}"))
        attempt = 0
        while True:
            try:
                refused, detail = self._once(lines)
                if not refused:
                    return {}
                # A call that got something done is no reason to wait longer than after the first failure.
                attempt = 0 if len(refused) < len(lines) else attempt
                lines = refused
            except CALL_ERRORS as error:
                detail = f"delivery stream {self.name}: {error}"
                if not is_transient(error):
                    return dict.fromkeys(lines, Failed(detail))
            if not deadline.pause(attempt, self.call_seconds):
                return dict.fromkeys(lines, Failed(detail))
            attempt += 1

    def _once(self, lines: Lines) -> tuple[Lines, str]:
        """Put by one call; the lines that were refused, and why."""
        answer = self.client.put_record_batch(
            DeliveryStreamName=self.name, Records=[{"Data": line} for line in lines.values()]
        )
        told = answer["RequestResponses"]
        if len(told) != len(lines):
            return lines, f"delivery stream {self.name} did not say which of {len(lines):,} records it took"
        refused = {
            event_id: line
            for (event_id, line), each in zip(lines.items(), told, strict=True)
            if each.get("ErrorCode") or not each.get("RecordId")
        }
        codes = sorted({each.get("ErrorCode", "no record id") for each in told if not each.get("RecordId")})
        return refused, f"delivery stream {self.name} refuses some records: {', '.join(codes)}"


def _requests(lines: Lines) -> Iterator[Lines]:
    """``lines`` in order, cut into what one request takes."""
    request: dict[str, bytes] = {}
    size = 0
    for event_id, line in lines.items():
        if request and (len(request) == MOST_RECORDS or size + len(line) > MOST_BYTES):
            yield request
            request, size = {}, 0
        request[event_id] = line
        size += len(line)
    if request:
        yield request
