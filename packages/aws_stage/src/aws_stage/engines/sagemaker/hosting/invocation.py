"""InvokeEndpoint."""

from __future__ import annotations

import threading
import time
from typing import Any

from aws_stage.engines.sagemaker.hosting.deployment import GROUP
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments, NoSuchVariantError
from aws_stage.engines.sagemaker.hosting.metrics import Metrics
from aws_stage.engines.sagemaker.hosting.server_client import (
    ServerAbsentError,
    ServerAnswer,
    ServerClient,
    ServerGoneError,
    ServerTimeoutError,
)
from aws_stage.engines.sagemaker.hosting.variant import Variant, VariantBusyError, VariantDownError
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.kernel.settings import ACCOUNT_ID

MAX_BODY = 6_291_456
"""Bytes of a request's body. AWS: InvokeEndpoint, "Body"."""
MAX_SERVERLESS_BODY = 4_194_304
"""AWS: "Invoke a serverless endpoint", requests and responses."""
MODEL_SECONDS = 60.0
"""AWS: a model must answer an invocation within 60 seconds."""
MAX_IN_FLIGHT = 28
"""Invocations at once, of all endpoints: threads stay free for the operations that look at endpoints."""

_UNSUPPORTED = {
    "TargetModel": "Multi-model endpoints (TargetModel)",
    "TargetContainerHostname": "Endpoints of several containers (TargetContainerHostname)",
    "EnableExplanations": "Explanations (EnableExplanations)",
    "InferenceComponentName": "Inference components (InferenceComponentName)",
    "SessionId": "Stateful sessions (SessionId)",
    "PrefixAwareId": "Prefix-aware routing (PrefixAwareId)",
}
_CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_NO_RESPONSE = (
    "Amazon SageMaker could not get a response from the {endpoint} endpoint. This can occur when CPU or memory "
    "utilization is high. To check your utilization, see Amazon CloudWatch."
)
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)


class Invocations:
    """The data plane. Thread-safe."""

    def __init__(
        self, region: str, live: LiveDeployments, metrics: Metrics, model_seconds: float = MODEL_SECONDS
    ) -> None:
        self._region = region
        self._live = live
        self._metrics = metrics
        self._model_seconds = model_seconds
        self._slots = threading.BoundedSemaphore(MAX_IN_FLIGHT)

    def invoke(self, call: Call) -> dict[str, Any]:
        """InvokeEndpoint."""
        request = call.payload
        _check(request)
        if not self._slots.acquire(blocking=False):
            raise AwsError("ServiceUnavailable", f"More than {MAX_IN_FLIGHT} invocations are in flight.", 503)
        try:
            return self._invoke(request)
        finally:
            self._slots.release()

    def _invoke(self, request: dict[str, Any]) -> dict[str, Any]:
        endpoint, target = request["EndpointName"], request.get("TargetVariant")
        started = time.perf_counter()
        try:
            variant, answer = self._routed(request, started)
        except KeyError:
            raise AwsError("ValidationError", f"Endpoint {endpoint} of account {ACCOUNT_ID} not found.") from None
        except NoSuchVariantError:
            what = f"Variant {target} not found" if target else "No variant with a weight above 0 found"
            raise AwsError("ValidationError", f"{what} for Request of {endpoint}.") from None
        except VariantDownError:
            raise AwsError(
                "ServiceUnavailable", f"No container of endpoint {endpoint} answers at present; try again.", 503
            ) from None
        except VariantBusyError:
            raise AwsError("ThrottlingException", "Rate exceeded: MaxConcurrency is in use.") from None
        if not 200 <= answer.status < 300:
            raise self._model_error(endpoint, answer)
        result = {
            "Body": answer.body,
            "ContentType": answer.headers.get("content-type"),
            "InvokedProductionVariant": variant.name,
        }
        if _CUSTOM_ATTRIBUTES.lower() in answer.headers:
            result["CustomAttributes"] = answer.headers[_CUSTOM_ATTRIBUTES.lower()]
        return result

    def _routed(self, request: dict[str, Any], started: float) -> tuple[Variant, ServerAnswer]:
        """The answer of the first server that takes the invocation; ``started`` is of time.perf_counter."""
        endpoint = request["EndpointName"]
        while True:
            with self._live.server(endpoint, request.get("TargetVariant")) as (variant, server):
                if variant.specification.serverless is not None:
                    _check_size(request, MAX_SERVERLESS_BODY)
                before = time.perf_counter()
                try:
                    answer = self._ask(endpoint, request, server)
                except ServerAbsentError:
                    variant.lost(server)
                    continue
                self._metrics.invoked(
                    endpoint,
                    variant.name,
                    config=variant.config,
                    instances=len(variant.instances),
                    status=answer.status,
                    model_seconds=time.perf_counter() - before,
                    overhead_seconds=before - started,
                )
                return variant, answer

    def _ask(self, endpoint: str, request: dict[str, Any], server: ServerClient) -> ServerAnswer:
        headers = {"Content-Length": str(len(request["Body"]))}
        for member, header in (("ContentType", "Content-Type"), ("Accept", "Accept")):
            if request.get(member):
                headers[header] = request[member]
        if request.get("CustomAttributes"):
            headers[_CUSTOM_ATTRIBUTES] = request["CustomAttributes"]
        try:
            return server.invoke(request["Body"], headers, self._model_seconds)
        except ServerTimeoutError:
            return ServerAnswer(0, {}, _TIMED_OUT.encode())
        except ServerGoneError:
            return ServerAnswer(0, {}, _NO_RESPONSE.format(endpoint=endpoint).encode())

    def _model_error(self, endpoint: str, answer: ServerAnswer) -> AwsError:
        side = "client" if 400 <= answer.status < 500 else "server"
        message = answer.body.decode("utf-8", "replace")
        console = f"https://{self._region}.console.aws.amazon.com/cloudwatch/home?region={self._region}"
        return AwsError(
            "ModelError",
            f'Received {side} error ({answer.status}) from primary with message "{message}". See '
            f"{console}#logEventViewer:group={GROUP}{endpoint} in account {ACCOUNT_ID} for more information.",
            424,
            {
                "OriginalStatusCode": answer.status,
                "OriginalMessage": message,
                "LogStreamArn": f"arn:aws:logs:{self._region}:{ACCOUNT_ID}:log-group:{GROUP}{endpoint}",
            },
        )


def _check(request: dict[str, Any]) -> None:
    for member, what in _UNSUPPORTED.items():
        if request.get(member):
            raise AwsError("ValidationError", f"{what} are not supported by the local stage. See docs/local-stage.md.")
    _check_size(request, MAX_BODY)


def _check_size(request: dict[str, Any], most: int) -> None:
    if len(request.get("Body") or b"") > most:
        raise AwsError("413", f"HTTP content length exceeded {most} bytes.", 413)
