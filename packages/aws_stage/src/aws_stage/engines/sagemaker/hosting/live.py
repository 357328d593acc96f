"""Which deployment serves each endpoint now, and which of its servers takes the next invocation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from aws_stage.engines.sagemaker.hosting.deployment import Deployment
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.engines.sagemaker.hosting.variant import Variant, VariantDownError


class NoSuchVariantError(Exception):
    """The endpoint has no such variant, or none with a weight."""


class LiveDeployments:
    """By the endpoint's name. Safe between threads: each change is one assignment."""

    def __init__(self) -> None:
        self._deployments: dict[str, Deployment] = {}

    def get(self, endpoint: str) -> Deployment | None:
        """What serves the endpoint; None when nothing does."""
        return self._deployments.get(endpoint)

    def of(self, endpoint: str) -> Deployment:
        """What serves the endpoint; raises KeyError when nothing does."""
        return self._deployments[endpoint]

    def all(self) -> list[Deployment]:
        """Every deployment that serves an endpoint."""
        return list(self._deployments.values())

    def put(self, endpoint: str, deployment: Deployment) -> None:
        """From now on, this one serves the endpoint."""
        self._deployments[endpoint] = deployment

    def pop(self, endpoint: str) -> Deployment | None:
        """From now on, nothing serves the endpoint; returns what did."""
        return self._deployments.pop(endpoint, None)

    @contextmanager
    def server(self, endpoint: str, target: str | None) -> Iterator[tuple[Variant, ServerClient]]:
        """A server for one invocation.

        Raises KeyError when nothing serves the endpoint, NoSuchVariantError, VariantDownError or VariantBusyError.
        """
        while True:
            deployment = self.of(endpoint)
            variant = deployment.variants.get(target) if target is not None else deployment.choose()
            if variant is None:
                raise NoSuchVariantError(target)
            with ExitStack() as held:
                try:
                    client = held.enter_context(variant.server())
                except VariantDownError:
                    if self._deployments.get(endpoint) is deployment:
                        raise
                    continue  # it was replaced at this very moment
                yield variant, client
                return
