"""One call of the SageMaker endpoint, and what its failure means.

- ModelError whose OriginalStatusCode is 4xx: the model refuses a row of this call (RowsRefusedError).
- ModelError whose OriginalStatusCode is 429 or 5xx, or an unreadable answer: the model fails (ModelFailedError).
- Throttled, 5xx of the service, no connection, no answer in time: it cannot be used now (EndpointUnavailableError).
- Anything else, as no such endpoint or access denied: no retry helps before somebody fixes it (ConfigurationError).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from datastreamer.errors import ConfigurationError, DatastreamerError, RetryableError
from datastreamer.inference.processing.payload import Payload, Scores, UnreadableAnswerError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

_THROTTLES: Final = frozenset(
    {
        "ModelNotReadyException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)


class RowsRefusedError(DatastreamerError):
    """The model says that a row of this call is wrong; the others may be right."""


class ModelFailedError(RetryableError):
    """The model was reached and failed, for now or at one of these rows."""


class EndpointUnavailableError(RetryableError):
    """The endpoint takes no calls for now."""


@dataclass(frozen=True)
class Answer:
    """The scores of each row of a call, and the production variant that gave them."""

    scores: list[Scores]
    variant: str


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that is spoken to in one content type. The client must not retry on its own."""

    client: SageMakerRuntimeClient
    name: str
    payload: Payload

    def score(self, rows: Sequence[bytes]) -> Answer:
        """The scores of ``rows`` (rows as ``payload.row`` gives them) by one call; raises the errors named above."""
        content_type = self.payload.content_type
        try:
            response = self.client.invoke_endpoint(
                EndpointName=self.name,
                ContentType=content_type,
                Accept=content_type,
                Body=self.payload.body(rows),
            )
            body = response["Body"].read()
        except ClientError as error:
            raise _explained(error, self.name) from error
        except (HTTPClientError, ResponseParserError) as error:
            raise EndpointUnavailableError(f"endpoint {self.name} does not answer: {error}") from error
        try:
            return Answer(self.payload.scores(body, len(rows)), response.get("InvokedProductionVariant", ""))
        except UnreadableAnswerError as error:
            raise ModelFailedError(str(error)) from error


def _explained(error: ClientError, endpoint: str) -> DatastreamerError:
    response: Any = error.response
    code = response.get("Error", {}).get("Code", "")
    message = response.get("Error", {}).get("Message", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ModelError":
        original = int(response.get("OriginalStatusCode") or 500)
        said = f"the model answered {original}: {response.get('OriginalMessage') or message}"
        refused = 400 <= original < 500 and original != 429
        return RowsRefusedError(said) if refused else ModelFailedError(said)
    if code in _THROTTLES or status == 429 or status >= 500:
        return EndpointUnavailableError(f"endpoint {endpoint}: {code}: {message}")
    return ConfigurationError(f"endpoint {endpoint} cannot be used: {code}: {message}")
