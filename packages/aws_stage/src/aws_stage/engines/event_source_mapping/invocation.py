"""Calls that carry many records, made without boto3.

boto3 takes 11 microseconds to parse a record of GetRecords, ten times what the rest of its way to the function costs,
and would send an invocation again when the function takes longer than its read timeout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
import urllib3

from aws_stage.kernel.signing import Signer

READ_SECONDS = 960.0
"""Longer than any function may run (900 s)."""


@dataclass(frozen=True)
class Invoked:
    """Lambda's answer to Invoke."""

    status: int
    body: bytes
    function_error: str | None = None
    executed_version: str = "$LATEST"
    request_id: str = ""


class StageCalls:
    """Calls of the stage's own endpoint; safe between threads. A call that gets no answer raises HTTPError."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self._endpoint_url = endpoint_url
        self._kinesis, self._lambda = Signer("kinesis", region), Signer("lambda", region)
        timeout = urllib3.Timeout(connect=5.0, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=timeout)

    def get_records(self, iterator: str, limit: int) -> tuple[int, Any]:
        """Status and JSON answer of Kinesis's GetRecords."""
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.GetRecords"}
        body = orjson.dumps({"ShardIterator": iterator, "Limit": limit})
        answer = self._post(self._kinesis, "/", body, headers)
        return answer.status, orjson.loads(answer.data)

    def invoke(self, function_arn: str, payload: bytes) -> Invoked:
        """Invoke a function and wait for its answer."""
        path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/invocations"
        answer = self._post(self._lambda, path, payload, {"content-type": "application/json"})
        return Invoked(
            answer.status,
            answer.data,
            answer.headers.get("x-amz-function-error"),
            answer.headers.get("x-amz-executed-version", "$LATEST"),
            answer.headers.get("x-amzn-requestid", ""),
        )

    def _post(self, signer: Signer, path: str, body: bytes, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        url = f"{self._endpoint_url}{path}"
        return self._pool.request("POST", url, body=body, headers=signer.headers("POST", url, headers, body))
