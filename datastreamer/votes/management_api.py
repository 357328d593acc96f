"""Posting to WebSockets, thousands of them a second: PostToConnection without what boto3 does around a request.

An update goes to every browser, so a request's cost counts as often as there are browsers. Signed by botocore's own
signer: docs/adr/0190-totals-are-posted-without-boto3.md.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from urllib3 import exceptions as http_errors

from datastreamer.aws.loopback import reachable

SIGNING_NAME: Final = "execute-api"
GONE: Final = 410


class GoneException(ClientError):  # noqa: N818  as boto3 names it
    """There is no such connection any more."""


class ManagementApi:
    """Sends to connections, each message once, with no second attempt; in any number of threads.

    Has the one operation of boto3's client ``apigatewaymanagementapi`` that is needed here, and raises what that
    raises.
    """

    exceptions: Final = SimpleNamespace(GoneException=GoneException)

    def __init__(self, endpoint: str, credentials: Any, region: str, pool: urllib3.PoolManager) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._asked, self._named = reachable(self._endpoint)
        self._credentials = credentials
        self._region = region
        self._pool = pool

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803  boto3's names
        """Send ``Data``.

        Raises GoneException when the connection is closed, ClientError when API Gateway refuses, and
        ReadTimeoutError or EndpointConnectionError when it does not answer in time.
        """
        path = f"/@connections/{quote(ConnectionId, safe='')}"
        url = f"{self._endpoint}{path}"
        request = AWSRequest("POST", url, data=Data)
        # Frozen: credentials that are renewed meanwhile are never mixed.
        SigV4Auth(self._credentials.get_frozen_credentials(), SIGNING_NAME, self._region).add_auth(request)
        try:
            headers = {**request.headers, **self._named}
            answer = self._pool.request("POST", f"{self._asked}{path}", body=Data, headers=headers, retries=False)
        except http_errors.ReadTimeoutError as error:
            raise ReadTimeoutError(endpoint_url=url, error=error) from error
        except http_errors.HTTPError as error:
            raise EndpointConnectionError(endpoint_url=url, error=error) from error
        if answer.status >= 300:
            raise _refusal(answer)


def _refusal(answer: urllib3.BaseHTTPResponse) -> ClientError:
    """An error as boto3 makes it of an answer."""
    code = answer.headers.get("x-amzn-ErrorType", str(answer.status)).partition(":")[0]
    try:
        message = str(json.loads(answer.data)["message"])
    except (ValueError, TypeError, KeyError):
        message = ""
    kind = GoneException if answer.status == GONE else ClientError
    response: Any = {
        "Error": {"Code": "GoneException" if answer.status == GONE else code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": answer.status},
    }
    return kind(response, "PostToConnection")
