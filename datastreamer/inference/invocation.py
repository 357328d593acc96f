"""Asking an endpoint for one prediction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from datastreamer.errors import DatastreamerError, JobFailedError, RetryableError, UsageError
from datastreamer.inference.resources.endpoints import describe_endpoint
from datastreamer.scoring.model_words import first_words
from datastreamer.scoring.pacing import LONGEST_MODEL_CALL_S

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

CSV, JSON = "text/csv", "application/json"
ONE_ATTEMPT: Final = Config(read_timeout=LONGEST_MODEL_CALL_S + 10, retries={"total_max_attempts": 1})
"""For a client that asks once: a slow model would be asked again while it still works on the first call. SageMaker
itself ends the call, so its answer comes first."""


@dataclass(frozen=True)
class Prediction:
    """An endpoint's answer; ``milliseconds`` from sending to the last byte of it."""

    body: bytes
    content_type: str
    variant: str
    milliseconds: float

    @property
    def value(self) -> object:
        """The answer as data: JSON as it is, numbers of CSV as rows of numbers, else text."""
        text = self.body.decode("utf-8", "replace").strip()
        try:
            if self.content_type.startswith(JSON):
                return json.loads(text)
            return [[float(cell) for cell in line.split(",")] for line in text.splitlines()]
        except ValueError:
            return text


def content_type_of(data: bytes) -> str:
    """JSON when it is a JSON object or list, else CSV."""
    try:
        return JSON if isinstance(json.loads(data), dict | list) else CSV
    except ValueError:
        return CSV


def invoke(
    runtime: SageMakerRuntimeClient,
    endpoint: str,
    data: bytes,
    *,
    content_type: str,
    variant: str | None = None,
    now: Callable[[], float] = time.perf_counter,
) -> Prediction:
    """Send ``data`` as one request; raises RetryableError when there is no answer in time."""
    began = now()
    target = {"TargetVariant": variant} if variant else {}
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            Body=data,
            ContentType=content_type,
            Accept=content_type,
            **target,
        )
        body = answer["Body"].read()
    except ReadTimeoutError as error:
        raise _no_answer(endpoint) from error
    return Prediction(
        body, answer.get("ContentType", ""), answer.get("InvokedProductionVariant", ""), (now() - began) * 1000
    )


def explained(error: ClientError, sagemaker: SageMakerClient, endpoint: str) -> DatastreamerError | None:
    """Why InvokeEndpoint failed, where that can be told better than AWS does.

    Asks for the endpoint's state; raises ConfigurationError when there is no such endpoint.
    """
    code = error.response["Error"]["Code"]
    if code == "ModelError":
        message = str(error.response.get("OriginalMessage") or error.response["Error"].get("Message", ""))
        status = error.response.get("OriginalStatusCode", "")
        log = f"Its log: {error.response.get('LogStreamArn') or f'/aws/sagemaker/Endpoints/{endpoint}'}"
        if status == 0:
            # SageMaker's own words: the model said nothing.
            return _no_answer(endpoint) if "timed out" in message else JobFailedError(f"{first_words(message)}. {log}")
        return JobFailedError(
            f"the model of endpoint {endpoint} answered {status}: {first_words(message)}. Does the data fit the model? "
            f"{log}"
        )
    if code in ("ValidationError", "ValidationException"):
        found = describe_endpoint(sagemaker, endpoint)
        if found.status not in ("InService", "Updating"):
            return RetryableError(
                f"endpoint {endpoint} is {found.status}, not InService: {found.failure or 'wait for it'}"
            )
        return UsageError(error.response["Error"]["Message"])
    return None


def _no_answer(endpoint: str) -> RetryableError:
    return RetryableError(
        f"the model of endpoint {endpoint} gave no answer in {LONGEST_MODEL_CALL_S:.0f} s, when SageMaker ends a call. "
        f"Its log: /aws/sagemaker/Endpoints/{endpoint}"
    )
