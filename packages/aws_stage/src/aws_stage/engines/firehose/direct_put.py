"""PutRecord and PutRecordBatch: journaled before they are answered."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_stage.engines.firehose.delivery_stream import DIRECT_PUT, DeliveryStream
from aws_stage.engines.firehose.journal import Journal
from aws_stage.engines.firehose.validation import invalid
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.storage.manifest.unlisted import StoreManifest

BATCH_BYTES = 4 * 1024 * 1024
"""Most bytes of one PutRecordBatch (Developer Guide, quotas)."""

Received = Callable[[DeliveryStream, str, int, int], None]


class Journals:
    """The open journals of the DirectPut streams, by the streams' uid."""

    def __init__(self, directory: Path, manifest: StoreManifest) -> None:
        self._directory = directory
        self._manifest = manifest
        self._open: dict[str, Journal] = {}
        self._lock = threading.Lock()

    def of(self, stream: DeliveryStream) -> Journal:
        """The stream's journal, opened once."""
        with self._lock:
            if stream.uid not in self._open:
                self._open[stream.uid] = Journal(self._directory / stream.uid, manifest=self._manifest)
            return self._open[stream.uid]

    def remove(self, stream: DeliveryStream) -> None:
        """Delete the journal of a stream that is gone."""
        with self._lock:
            journal = self._open.pop(stream.uid, None)
        if journal is not None:
            journal.remove()

    def close(self) -> None:
        """Close every journal."""
        with self._lock:
            for journal in self._open.values():
                journal.close()
            self._open.clear()


class DirectPut:
    """Takes records in. ``received(stream, operation, records, bytes)`` is called after they are journaled."""

    def __init__(
        self, stream: Callable[[str], DeliveryStream], journals: Journals, clock: Clock, received: Received
    ) -> None:
        self._stream = stream
        self._journals = journals
        self._clock = clock
        self._received = received

    def put_record(self, call: Call) -> dict[str, Any]:
        """PutRecord."""
        check("firehose", "PutRecord", call.payload)
        stream = self._writable(call)
        self._append(stream, "PutRecord", [base64.b64decode(call.payload["Record"]["Data"])])
        return {"RecordId": _record_id(), "Encrypted": _encrypted(stream)}

    def put_record_batch(self, call: Call) -> dict[str, Any]:
        """PutRecordBatch; all records are accepted or none."""
        check("firehose", "PutRecordBatch", call.payload)
        stream = self._writable(call)
        records = [base64.b64decode(record["Data"]) for record in call.payload["Records"]]
        if sum(map(len, records)) > BATCH_BYTES:
            raise invalid("Records size exceeds 4 MB limit")
        self._append(stream, "PutRecordBatch", records)
        return {
            "FailedPutCount": 0,
            "Encrypted": _encrypted(stream),
            "RequestResponses": [{"RecordId": _record_id()} for _ in records],
        }

    def _writable(self, call: Call) -> DeliveryStream:
        stream = self._stream(call.payload["DeliveryStreamName"])
        if stream.kind != DIRECT_PUT:
            raise invalid(f"This operation is not permitted on {stream.kind} delivery stream type.")
        return stream

    def _append(self, stream: DeliveryStream, operation: str, records: list[bytes]) -> None:
        try:
            self._journals.of(stream).append(records, self._clock.now().timestamp())
        except OSError as error:
            raise AwsError("ServiceUnavailableException", f"The journal cannot be written: {error}", 503) from error
        self._received(stream, operation, len(records), sum(map(len, records)))


def _record_id() -> str:
    return uuid.uuid4().hex


def _encrypted(stream: DeliveryStream) -> bool:
    return stream.encryption["Status"] == "ENABLED"
