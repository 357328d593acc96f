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
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError

from datastreamer.aws.faults import CALL_ERRORS, code_of, is_throttled, is_transient
from datastreamer.errors import ConfigurationError, DatastreamerError, RetryableError
from datastreamer.scoring.calls import (
    MODEL_4XX,
    MODEL_5XX,
    NO_ANSWER,
    REFUSED,
    THROTTLED,
    UNAVAILABLE,
    UNREADABLE,
)
from datastreamer.scoring.model_words import first_words
from datastreamer.scoring.payload import Payload, Scores, UnreadableAnswerError
from datastreamer.scoring.serving import Model, Serving

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient


class RowsRefusedError(DatastreamerError):
    """The model says that a row of this call is wrong; the others may be right."""


class ModelFailedError(RetryableError):
    """The model was reached and failed, for now or at one of these rows. ``kind`` is one of ``calls.KINDS``."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class EndpointUnavailableError(RetryableError):
    """The endpoint takes no calls for now. ``kind`` is one of ``calls.KINDS``."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


def kind_of(error: DatastreamerError) -> str:
    """What a failed call counts as: one of ``calls.KINDS``."""
    if isinstance(error, ModelFailedError | EndpointUnavailableError):
        return error.kind
    return MODEL_4XX if isinstance(error, RowsRefusedError) else REFUSED


@dataclass(frozen=True)
class Answer:
    """The scores of each row of a call, and the production variant that gave them; ``model`` None: not known which."""

    scores: list[Scores]
    variant: str
    model: Model | None


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that is spoken to in one content type. The client must not retry on its own.

    ``serving`` looks up which model answers; without it answers name none.
    """

    client: SageMakerRuntimeClient
    name: str
    payload: Payload
    serving: Serving | None = None

    def score(self, rows: Sequence[bytes]) -> Answer:
        """The scores of ``rows`` (rows as ``payload.row`` gives them) by one call; raises the errors named above."""
        content_type = self.payload.content_type
        if self.serving:
            self.serving.look()
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
            scores = self.payload.scores(body, len(rows))
        except UnreadableAnswerError as error:
            raise ModelFailedError(str(error), UNREADABLE) from error
        variant = response.get("InvokedProductionVariant", "")
        return Answer(scores, variant, self.serving.model(variant) if self.serving else None)

    def _explained(self, error: Exception) -> DatastreamerError:
        if isinstance(error, ClientError) and code_of(error) == "ModelError":
            response: Any = error.response
            status = int(response.get("OriginalStatusCode", 500))
            words = response.get("OriginalMessage") or response["Error"].get("Message", "")
            said = f"the model answered {status}: {first_words(words)}"
            if 400 <= status < 500 and status != 429:
                return RowsRefusedError(said)
            return ModelFailedError(said, MODEL_5XX if status else NO_ANSWER)
        if is_transient(error):
            silent = isinstance(error, ReadTimeoutError | IncompleteReadError)
            kind = THROTTLED if is_throttled(error) else NO_ANSWER if silent else UNAVAILABLE
            return EndpointUnavailableError(f"endpoint {self.name} cannot be used now: {error}", kind)
        return ConfigurationError(f"endpoint {self.name} cannot be used: {error}")
