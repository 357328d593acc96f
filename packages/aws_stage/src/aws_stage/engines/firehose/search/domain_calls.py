"""Bulk requests to a domain, signed; the domain is found by its ARN, as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.kernel.settings import HOST
from aws_stage.kernel.signing import Signer

READ_SECONDS = 60.0


class NoAnswerError(Exception):
    """The domain is not there, or gave no answer."""


class BulkCall(Protocol):
    """Sends a body to the domain's ``_bulk``."""

    def __call__(self, domain_arn: str, body: bytes) -> tuple[int, bytes]:
        """Status and content of the answer; raises NoAnswerError."""
        ...


class DomainCalls:
    """``client`` makes the stage's clients; safe between threads."""

    def __init__(self, client: Callable[[str], Any], region: str) -> None:
        import urllib3

        self._client = client
        self._signer = Signer("es", region)
        timeout = urllib3.Timeout(connect=5.0, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=timeout)

    def __call__(self, domain_arn: str, body: bytes) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError

        name = domain_arn.rpartition("/")[2]
        try:
            status = self._client("opensearch").describe_domain(DomainName=name)["DomainStatus"]
        except (ClientError, BotoCoreError) as error:
            raise NoAnswerError(str(error)) from error
        url = f"{status['Endpoint']}/_bulk"
        headers = self._signer.headers("POST", url, {"content-type": "application/x-ndjson"}, body)
        address = urlsplit(url)
        try:
            # The resolver need not know names below localhost: they are this machine (RFC 6761, section 6.3).
            answer = self._pool.request(
                "POST", f"http://{HOST}:{address.port}/_bulk", body=body, headers={**headers, "host": address.netloc}
            )
        except HTTPError as error:
            raise NoAnswerError(str(error)) from error
        return answer.status, answer.data
