"""Which failed calls may succeed when they are made again."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, IncompleteReadError  # noqa: A004
from botocore.parsers import ResponseParserError

THROTTLES: Final = frozenset(
    {
        "LimitExceededException",
        "ModelNotReadyException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

CALL_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)
"""What a boto3 call raises: an answer that is an error, no answer, and an answer that is none of AWS's."""

_NO_ANSWER: Final = (HTTPClientError, ConnectionError, IncompleteReadError, ResponseParserError)


def code_of(error: Exception) -> str:
    """The service's error code; empty when there was no answer."""
    if not isinstance(error, ClientError):
        return ""
    return error.response.get("Error", {}).get("Code", "")


def is_throttled(error: Exception) -> bool:
    """Whether the service takes no more calls for now than it has."""
    if not isinstance(error, ClientError):
        return False
    response: Any = error.response
    return code_of(error) in THROTTLES or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) == 429


def is_transient(error: Exception) -> bool:
    """Whether the service throttles, fails on its side, or did not answer; else somebody must fix something first."""
    if isinstance(error, ClientError):
        response: Any = error.response
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return is_throttled(error) or status >= 500
    return isinstance(error, _NO_ANSWER)
