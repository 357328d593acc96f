"""Puts the documents of one delivery into a domain: tries again what may work later, and sorts out what never will.

Amazon Data Firehose Developer Guide, "Handle data delivery failures". An item that is refused with 429 or 5xx is tried
again, alone; any other status of an item is final. A request that fails as a whole is tried again. What is still not in
when the retry duration ends has failed: it goes to S3, and the stream goes on.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from aws_stage.engines.firehose.search.documents import Document
from aws_stage.engines.firehose.search.domain_calls import BulkCall, NoAnswerError
from aws_stage.engines.firehose.search.target import SearchTarget
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.firehose")

REQUEST_BYTES = 5 * 1024 * 1024
"""About as large as a bulk request is made."""
_NO_ANSWER = "OS.ServiceException"
_SPLIT_LINES = "the record is not a JSON document on one line"


class NotIndexedError(Exception):
    """Some documents are to be tried again later. ``code`` is what the domain said last."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Indexing:
    """One delivery's documents. What is in and what has failed is known until the process ends; then all are put again,
    under the ids that they have."""

    def __init__(self, documents: Sequence[Document], target: SearchTarget, call: BulkCall, clock: Clock) -> None:
        self.target = target
        self._call = call
        self._clock = clock
        self._since: float | None = None
        self._attempts = 0
        self._last = (_NO_ANSWER, "it was not tried")
        self._waiting = [each for each in documents if each.is_one_line()]
        self._failed = [self._line(each, "400", _SPLIT_LINES, 1) for each in documents if not each.is_one_line()]
        self.indexed = 0

    def run(self) -> list[bytes]:
        """Try once; returns the lines of what has failed when nothing waits any more, else raises NotIndexedError."""
        if self._since is None:
            self._since = self._clock.monotonic()
        self._attempts += 1
        later: list[Document] = []
        for documents in _requests(self._waiting):
            later += self._put(documents)
        self._waiting = later
        if later:
            if self._clock.monotonic() - self._since < self.target.retry:
                raise NotIndexedError(*self._last)
            self._failed += [self._line(each, *self._last, self._attempts) for each in later]
            self._waiting = []
        return self._failed

    def _put(self, documents: list[Document]) -> list[Document]:
        """Those that are to be tried again."""
        try:
            status, content = self._call(self.target.domain_arn, b"".join(each.action() for each in documents))
            answer = json.loads(content) if status == 200 else {}
        except (NoAnswerError, ValueError) as error:
            self._last = (_NO_ANSWER, str(error))
            return documents
        if status != 200:
            self._last = (str(status), content.decode("utf-8", "replace")[:1000])
            return documents
        later = []
        for document, item in zip(documents, answer["items"], strict=True):
            [outcome] = item.values()
            if outcome["status"] < 300:
                self.indexed += 1
                continue
            code, message = str(outcome["status"]), _reason(outcome)
            if outcome["status"] == 429 or outcome["status"] >= 500:
                self._last = (code, message)
                later.append(document)
            else:
                self._failed.append(self._line(document, code, message, self._attempts))
        return later

    def _line(self, document: Document, code: str, message: str, attempts: int) -> bytes:
        """One line of an error object; times are milliseconds since the epoch."""
        return (
            json.dumps(
                {
                    "attemptsMade": attempts,
                    "arrivalTimestamp": document.arrival,
                    "errorCode": code,
                    "errorMessage": message,
                    "attemptEndingTimestamp": round(self._clock.now().timestamp() * 1000),
                    "rawData": base64.b64encode(document.data).decode(),
                    "esDocumentId": document.id,
                    "esIndexName": document.index,
                    "esTypeName": self.target.type_name,
                },
                separators=(",", ":"),
            ).encode()
            + b"\n"
        )


def _requests(documents: Sequence[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for each in documents:
        if batch and size + len(each.data) > REQUEST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each.data)
    if batch:
        yield batch


def _reason(outcome: dict[str, Any]) -> str:
    return json.dumps(outcome.get("error", {}))
