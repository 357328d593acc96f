"""What a failed PutRecords means: wait, ask again, or tell the user what to fix."""

from __future__ import annotations

from enum import Enum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from datastreamer.aws.faults import THROTTLES, code_of, is_throttled, is_transient
from datastreamer.errors import ConfigurationError, DatastreamerError, InvalidRecordError


class Outcome(Enum):
    """What is known of the records of a failed request."""

    THROTTLED = "throttled"
    """None was stored: the stream is at its limit."""
    UNREACHABLE = "unreachable"
    """None was stored: the request never arrived."""
    REFUSED = "refused"
    """None was stored, and none will be until somebody fixes something."""
    UNKNOWN = "unknown"
    """Some may have been stored: the answer was lost. Sending them again may store them twice."""


_BEING_CHANGED = "ResourceInUseException"
"""The stream is not ACTIVE: it is being created, or its shards are being split or merged."""
_CREDENTIALS = frozenset(
    {
        "ExpiredTokenException",
        "ExpiredToken",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
    }
)


def record_outcome(code: str) -> Outcome:
    """The outcome of one record that PutRecords refused with ``code`` while it answered the request."""
    return Outcome.THROTTLED if code in THROTTLES or code == _BEING_CHANGED else Outcome.UNKNOWN


def request_outcome(error: Exception, stream: str, endpoint: str) -> Outcome:
    """The outcome of a whole request; raises a DatastreamerError, which says what to do, when asking again is vain."""
    if isinstance(error, ClientError):
        return _service_outcome(error, stream)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError):
        return Outcome.UNREACHABLE
    if isinstance(error, HTTPClientError | ResponseParserError):
        return Outcome.UNKNOWN
    raise explained(error, stream, endpoint)


def _service_outcome(error: ClientError, stream: str) -> Outcome:
    if is_throttled(error) or code_of(error) == _BEING_CHANGED:
        return Outcome.THROTTLED
    if is_transient(error):
        return Outcome.UNKNOWN
    raise explained(error, stream, "")


def explained(error: Exception, stream: str, endpoint: str) -> DatastreamerError:
    """``error`` as one line that says what to do."""
    if isinstance(error, DatastreamerError):
        return error
    if isinstance(error, ClientError):
        return _explained_refusal(error, stream)
    if isinstance(
        error,
        NoCredentialsError
        | PartialCredentialsError
        | CredentialRetrievalError
        | TokenRetrievalError
        | SSOError
        | ProfileNotFound,
    ):
        return ConfigurationError(
            f"no usable AWS credentials ({error}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if isinstance(error, NoRegionError | InvalidRegionError):
        return ConfigurationError(f"{error} Pass --region, or set AWS_DEFAULT_REGION")
    if isinstance(error, HTTPClientError | EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError):
        return ConfigurationError(
            f"Kinesis cannot be reached at {endpoint} ({error}). For the local stage run `make up`; "
            "for AWS check the network and the region"
        )
    if isinstance(error, BotoCoreError | ValueError):
        return ConfigurationError(f"the AWS settings do not work: {error}")
    return DatastreamerError(f"writing to {stream} failed: {type(error).__name__}: {error}")


def _explained_refusal(error: ClientError, stream: str) -> DatastreamerError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    if code == "ResourceNotFoundException":
        return ConfigurationError(
            f"there is no stream {stream}. Create it with `make apply` for this stage, or name another with --stream"
        )
    if code in _CREDENTIALS:
        return ConfigurationError(f"AWS does not accept the credentials ({code}: {message}). Renew them and try again")
    if code in {"AccessDeniedException", "AccessDenied"} or code.startswith("KMS"):
        return ConfigurationError(
            f"not allowed to write to {stream} ({code}: {message}). "
            "The caller needs kinesis:PutRecords on the stream and kms:GenerateDataKey on its key"
        )
    if code in {"ValidationException", "InvalidArgumentException", "SerializationException"}:
        return InvalidRecordError("refused_by_kinesis", f"{code}: {message}")
    return DatastreamerError(f"Kinesis refused to write to {stream}: {code}: {message}")
