"""A Kinesis client for tests: keeps what it stores in order, and fails as it is told."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

OK = "ok"
THROTTLED = "throttled"
THROTTLED_WHOLE = "throttled_whole"
INTERNAL_FAILURE = "internal_failure"
SERVICE_DOWN = "service_down"
UNREACHABLE = "unreachable"
TIMEOUT_BEFORE_STORING = "timeout_before_storing"
TIMEOUT_AFTER_STORING = "timeout_after_storing"
SHORT_ANSWER = "short_answer"
EVERY_OTHER = "every_other"
FAILURES = (
    THROTTLED,
    THROTTLED_WHOLE,
    INTERNAL_FAILURE,
    SERVICE_DOWN,
    UNREACHABLE,
    TIMEOUT_BEFORE_STORING,
    TIMEOUT_AFTER_STORING,
    SHORT_ANSWER,
    EVERY_OTHER,
)


def client_error(code: str, status: int = 400, message: str = "told to") -> ClientError:
    """The exception that boto3 raises for ``code``."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutRecords"
    )


class FakeKinesis:
    """Treats request after request as ``script`` says, and every further one as ``OK``.

    A script's element is one of the names above, or an exception to raise.
    """

    def __init__(self, script: Iterable[str | Exception] = (), shards: int = 2) -> None:
        self._script = iter(script)
        self._shards = shards
        self._lock = threading.Lock()
        self._sequence = 0
        self.stored: list[tuple[str, bytes]] = []
        self.requests: list[list[dict[str, Any]]] = []
        self.together = 0
        self._inside = 0

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert StreamName
        with self._lock:
            self._inside += 1
            self.together = max(self.together, self._inside)
            self.requests.append(list(Records))
            step = next(self._script, OK)
        try:
            with self._lock:
                return self._answer(step, Records)
        finally:
            with self._lock:
                self._inside -= 1

    def by_key(self) -> dict[str, list[bytes]]:
        """What is stored of each partition key, in order."""
        stored: dict[str, list[bytes]] = defaultdict(list)
        for key, data in self.stored:
            stored[key].append(data)
        return dict(stored)

    def _answer(self, step: str | Exception, records: list[dict[str, Any]]) -> dict[str, Any]:
        if isinstance(step, Exception):
            raise step
        if step == THROTTLED_WHOLE:
            raise client_error("ProvisionedThroughputExceededException")
        if step == SERVICE_DOWN:
            raise client_error("ServiceUnavailable", 503)
        if step == UNREACHABLE:
            raise EndpointConnectionError(endpoint_url="http://nowhere")
        if step == TIMEOUT_BEFORE_STORING:
            raise ReadTimeoutError(endpoint_url="http://nowhere")
        answers = [self._entry(step, place, record) for place, record in enumerate(records)]
        if step == TIMEOUT_AFTER_STORING:
            raise ReadTimeoutError(endpoint_url="http://nowhere")
        if step == SHORT_ANSWER:
            answers.pop()
        return {"FailedRecordCount": sum("ErrorCode" in answer for answer in answers), "Records": answers}

    def _entry(self, step: str, place: int, record: dict[str, Any]) -> dict[str, Any]:
        if step == THROTTLED or (step == EVERY_OTHER and place % 2 == 0):
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"}
        if step == INTERNAL_FAILURE:
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"}
        self._sequence += 1
        self.stored.append((record["PartitionKey"], record["Data"]))
        shard = f"shardId-{hash(record['PartitionKey']) % self._shards:012d}"
        return {"ShardId": shard, "SequenceNumber": str(self._sequence)}
