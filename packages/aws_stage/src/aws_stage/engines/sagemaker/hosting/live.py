"""Which deployment serves each endpoint now, and which of its servers takes the next invocation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from aws_stage.engines.sagemaker.hosting.deployment import Deployment
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.engines.sagemaker.hosting.variant import Variant, VariantDownError


class NoSuchVariantError(Exception):
    """The endpoint has no such variant, or none with a weight."""


class LiveDeployments:
    """By the endpoint's name. Safe between threads: each change is one assignment."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._deployments: dict[str, Deployment] = {}
        self._greens: dict[str, tuple[Deployment, float]] = {}

    def get(self, endpoint: str) -> Deployment | None:
        """What serves the endpoint; None when nothing does."""
        return self._deployments.get(endpoint)

    def of(self, endpoint: str) -> Deployment:
        """What serves the endpoint; raises KeyError when nothing does."""
        return self._deployments[endpoint]

    def all(self) -> list[Deployment]:
        """Every deployment that serves an endpoint, or a part of its traffic."""
        return [*self._deployments.values(), *(green for green, _ in list(self._greens.values()))]

    def green(self, endpoint: str) -> Deployment | None:
        """The deployment that takes a part of the endpoint's traffic beside the one that serves it."""
        found = self._greens.get(endpoint)
        return None if found is None else found[0]

    def share(self, endpoint: str, green: Deployment, part: float) -> None:
        """From now on, ``green`` takes this part of the endpoint's invocations, from 0 to 1."""
        self._greens[endpoint] = (green, part)

    def turn_back(self, endpoint: str) -> None:
        """From now on, the deployment that serves the endpoint takes every invocation again."""
        self._greens.pop(endpoint, None)

    def put(self, endpoint: str, deployment: Deployment) -> None:
        """From now on, this one alone serves the endpoint."""
        self._deployments[endpoint] = deployment
        self._greens.pop(endpoint, None)

    def pop(self, endpoint: str) -> Deployment | None:
        """From now on, nothing serves the endpoint; returns what did."""
        return self._deployments.pop(endpoint, None)

    @contextmanager
    def server(self, endpoint: str, target: str | None) -> Iterator[tuple[Variant, ServerClient]]:
        """A server for one invocation.

        Raises KeyError when nothing serves the endpoint, NoSuchVariantError, VariantDownError or VariantBusyError.
        """
        while True:
            deployment = self._next(endpoint)
            variant = deployment.variants.get(target) if target is not None else deployment.choose()
            if variant is None:
                raise NoSuchVariantError(target)
            with ExitStack() as held:
                try:
                    client = held.enter_context(variant.server())
                except VariantDownError:
                    if deployment in (self._deployments.get(endpoint), self.green(endpoint)):
                        raise
                    continue  # it was replaced at this very moment
                yield variant, client
                return

    def _next(self, endpoint: str) -> Deployment:
        """Whose turn it is: a share of a deployment that is under way is of the requests."""
        found = self._greens.get(endpoint)
        if found is not None and self._rng.random() < found[1]:
            return found[0]
        return self.of(endpoint)
