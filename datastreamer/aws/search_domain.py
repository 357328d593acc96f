"""Requests to an OpenSearch domain, signed as AWS wants them.

docs.aws.amazon.com/opensearch-service/latest/developerguide/request-signing.html. boto3 has the API that makes
domains, and nothing of what a domain answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import EndpointConnectionError
from urllib3 import exceptions as http_errors

from datastreamer.aws.loopback import reachable
from datastreamer.errors import ConfigurationError, JobFailedError

SIGNING_NAME: Final = "es"
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=60)


@dataclass(frozen=True)
class Answer:
    """``document`` is the body as JSON; None where it is none."""

    status: int
    document: Any

    @property
    def is_missing(self) -> bool:
        """Whether there is no such thing."""
        return self.status == 404


class SearchDomain:
    """One domain, by its endpoint: ``https://…`` or a host name, for which https is meant.

    Raises ConfigurationError for an endpoint that is none. A redirection is an answer like any other: signatures are of
    one host.
    """

    def __init__(self, endpoint: str, credentials: Any, region: str) -> None:
        url = endpoint if "://" in endpoint else f"https://{endpoint}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ConfigurationError(f"{endpoint!r} is no endpoint of a domain: https://<host> is expected")
        self.endpoint = url.rstrip("/")
        self._asked, self._named = reachable(self.endpoint)
        self._credentials = credentials
        self._region = region
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT)

    def ask(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request; whatever status comes is an answer.

        Raises EndpointConnectionError when none comes, and JobFailedError when the domain does not let the caller in.
        """
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        sent = {"content-type": "application/json", **(headers or {})} if data else dict(headers or {})
        request = AWSRequest(method, f"{self.endpoint}{path}", headers=sent, data=data or b"")
        SigV4Auth(self._credentials.get_frozen_credentials(), SIGNING_NAME, self._region).add_auth(request)
        try:
            found = self._pool.request(
                method,
                f"{self._asked}{path}",
                body=data,
                headers={**dict(request.headers), **self._named},
                retries=False,
                redirect=False,
            )
        except http_errors.HTTPError as error:
            raise EndpointConnectionError(endpoint_url=self.endpoint, error=error) from error
        answer = Answer(found.status, _json(found.data))
        if answer.status in (401, 403):
            raise JobFailedError(
                f"the domain at {self.endpoint} does not let this caller do {method} {path}: {reason(answer)}. Its "
                "access policy, and with fine-grained access control a role mapping, must name your principal"
            )
        return answer

    def must(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The document of an answer that is a success; raises JobFailedError with the domain's own words."""
        answer = self.ask(method, path, body)
        if answer.status >= 300:
            raise JobFailedError(f"{method} {path} failed with {answer.status}: {reason(answer)}")
        return answer.document


def reason(answer: Answer) -> str:
    """Why, in the words of OpenSearch, of Dashboards or of the service."""
    found = answer.document if isinstance(answer.document, dict) else {}
    error = found.get("error")
    words = error.get("reason") if isinstance(error, dict) else None
    return str(words or found.get("message") or found.get("Message") or error or f"HTTP {answer.status}")


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
