"""What an error of AWS means: the service is busy, it failed, it did not answer, or there is nothing of that name."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, IncompleteReadError  # noqa: A004
from botocore.parsers import ResponseParserError

THROTTLES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KMSThrottlingException",
        "LimitExceededException",
        "ModelNotReadyException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes by which a service refuses a call for its load: nothing of the call was done.

Those that AWS's SDKs take for throttling (botocore, retries/standard.py), KMS's through another service (Kinesis,
PutRecords), and SageMaker's of a model that is being loaded (InvokeEndpoint).
"""

_TIMEOUTS: Final = frozenset({"RequestTimeout", "RequestTimeoutException"})
"""The service waited too long for the request, or for itself: the call may have been done (same source)."""

_SERVER_FAULTS: Final = frozenset(
    {"InternalFailure", "InternalFailureException", "InternalServerError", "ServiceUnavailable"}
)
"""A fault on the side of the service, by code: also where no HTTP status comes with it."""

CALL_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError)
"""What a boto3 call raises: an answer that is an error, no answer, and an answer that is none of AWS's."""

_NO_ANSWER: Final = (HTTPClientError, ConnectionError, IncompleteReadError, ResponseParserError)

_MISSING: Final = frozenset(
    {"EntityNotFoundException", "NoSuchBucket", "NoSuchEntity", "ResourceNotFoundException", "404"}
)
"""Codes for a resource that is not there: Glue's, S3's, IAM's, most services', and S3's to HEAD, which has no body."""

_MISSING_OBJECT: Final = frozenset({"NoSuchKey", "404"})

_SAGEMAKER_WORDS: Final = ("could not find", "cannot find", "not found", "does not exist")
"""SageMaker has no code for it: a ValidationException whose message says so."""


def code_of(error: Exception) -> str:
    """The service's error code; empty when there was no answer."""
    if not isinstance(error, ClientError):
        return ""
    return error.response.get("Error", {}).get("Code", "")


def is_throttled(error: Exception) -> bool:
    """Whether the service takes no more calls for now than it has; nothing of this one was done."""
    return isinstance(error, ClientError) and (code_of(error) in THROTTLES or _status_of(error) == 429)


def is_condition_failed(error: Exception) -> bool:
    """Whether DynamoDB refused a single write, since its condition does not hold; nothing was written."""
    return code_of(error) == "ConditionalCheckFailedException"


def is_transient(error: Exception) -> bool:
    """Whether the service throttles, fails on its side, or did not answer; else somebody must fix something first."""
    if isinstance(error, ClientError):
        return is_throttled(error) or code_of(error) in _TIMEOUTS | _SERVER_FAULTS or _status_of(error) >= 500
    return isinstance(error, _NO_ANSWER)


def is_missing(error: Exception) -> bool:
    """Whether AWS says that there is no such resource. An object in S3 is none: see ``is_missing_object``."""
    if not isinstance(error, ClientError):
        return False
    code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code in ("ValidationException", "ValidationError"):
        return any(words in message.lower() for words in _SAGEMAKER_WORDS)
    # Athena's of a workgroup that is not there.
    return code in _MISSING or (code == "InvalidRequestException" and "WorkGroup" in message)


def is_missing_object(error: Exception) -> bool:
    """Whether S3 says that there is no such object."""
    return code_of(error) in _MISSING_OBJECT


def _status_of(error: ClientError) -> int:
    response: Any = error.response
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status
