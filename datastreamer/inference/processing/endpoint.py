"""One call of the SageMaker endpoint, and what its failure means.

- ModelError whose OriginalStatusCode is 4xx: the model refuses a row of this call (RowsRefusedError).
- ModelError whose OriginalStatusCode is 429, 5xx or 0 (it did not respond), or an unreadable answer: the model fails
  (ModelFailedError).
- Throttled, 5xx of the service, no connection, no answer in time: it cannot be used now (EndpointUnavailableError).
- Anything else, as no such endpoint or access denied: no retry helps before somebody fixes it (ConfigurationError).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.errors import ConfigurationError, DatastreamerError, RetryableError
from datastreamer.inference.processing.faults import CALL_ERRORS, code_of, is_transient
from datastreamer.inference.processing.payload import Payload, Scores, UnreadableAnswerError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

WORDS: Final = 500
"""How much of a model's own message is kept."""


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
        except CALL_ERRORS as error:
            raise self._explained(error) from error
        try:
            return Answer(self.payload.scores(body, len(rows)), response.get("InvokedProductionVariant", ""))
        except UnreadableAnswerError as error:
            raise ModelFailedError(str(error)) from error

    def _explained(self, error: Exception) -> DatastreamerError:
        if isinstance(error, ClientError) and code_of(error) == "ModelError":
            response: Any = error.response
            status = int(response.get("OriginalStatusCode", 500))
            words = response.get("OriginalMessage") or response["Error"].get("Message", "")
            said = f"the model answered {status}: {words[:WORDS]}"
            return RowsRefusedError(said) if 400 <= status < 500 and status != 429 else ModelFailedError(said)
        if is_transient(error):
            return EndpointUnavailableError(f"endpoint {self.name} cannot be used now: {error}")
        return ConfigurationError(f"endpoint {self.name} cannot be used: {error}")
