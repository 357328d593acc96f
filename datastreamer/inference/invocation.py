"""Asking an endpoint for one prediction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from datastreamer.errors import DatastreamerError, JobFailedError, RetryableError, UsageError
from datastreamer.inference.resources.endpoints import describe_endpoint

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

CSV, JSON = "text/csv", "application/json"


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
    """Send ``data`` as one request."""
    began = now()
    target = {"TargetVariant": variant} if variant else {}
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint,
        Body=data,
        ContentType=content_type,
        Accept=content_type,
        **target,
    )
    body = answer["Body"].read()
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
        return JobFailedError(
            f"the model of endpoint {endpoint} answered {status}: {_first_line(message)}. Does the data fit the model? "
            f"Its log: {error.response.get('LogStreamArn') or f'/aws/sagemaker/Endpoints/{endpoint}'}"
        )
    if code in ("ValidationError", "ValidationException"):
        found = describe_endpoint(sagemaker, endpoint)
        if found.status not in ("InService", "Updating"):
            return RetryableError(
                f"endpoint {endpoint} is {found.status}, not InService: {found.failure or 'wait for it'}"
            )
        return UsageError(error.response["Error"]["Message"])
    return None


def _first_line(message: str) -> str:
    """What a model says is often a whole traceback, which its log has too."""
    return message.strip().partition("\n")[0].rstrip(". ")
