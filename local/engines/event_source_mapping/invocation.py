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

from local.settings import ACCOUNT_ID

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
        self._region = region
        timeout = urllib3.Timeout(connect=5.0, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=timeout)

    def get_records(self, iterator: str, limit: int) -> tuple[int, Any]:
        """Status and JSON answer of Kinesis's GetRecords."""
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "Kinesis_20131202.GetRecords",
            "authorization": self._authorization("kinesis"),
        }
        body = orjson.dumps({"ShardIterator": iterator, "Limit": limit})
        answer = self._pool.request("POST", f"{self._endpoint_url}/", body=body, headers=headers)
        return answer.status, orjson.loads(answer.data)

    def invoke(self, function_arn: str, payload: bytes) -> Invoked:
        """Invoke a function and wait for its answer."""
        headers = {"content-type": "application/json", "authorization": self._authorization("lambda")}
        url = f"{self._endpoint_url}/2015-03-31/functions/{quote(function_arn, safe='')}/invocations"
        answer = self._pool.request("POST", url, body=payload, headers=headers)
        return Invoked(
            answer.status,
            answer.data,
            answer.headers.get("x-amz-function-error"),
            answer.headers.get("x-amz-executed-version", "$LATEST"),
            answer.headers.get("x-amzn-requestid", ""),
        )

    def _authorization(self, service: str) -> str:
        scope = f"{ACCOUNT_ID}/20000101/{self._region}/{service}/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
