"""A production variant while it is deployed: its instances, and which of them takes the next invocation."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aws_stage.engines.sagemaker.hosting.instance import Instance
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification

NewInstance = Callable[[VariantSpecification], Instance]


class VariantDownError(Exception):
    """No instance of the variant answers at present."""


class VariantBusyError(Exception):
    """A serverless variant has as many invocations in flight as it takes."""


class Variant:
    """Safe between threads. ``weight`` is its share of the traffic, relative to its siblings'.

    ``config`` names the endpoint configuration that it is of.
    """

    def __init__(
        self, specification: VariantSpecification, new_instance: NewInstance, rng: random.Random, config: str = ""
    ) -> None:
        self.specification = specification
        self.config = config
        self.weight = specification.weight
        self._new_instance = new_instance
        self._rng = rng
        self._lock = threading.Lock()
        self._outstanding = 0
        self.instances: tuple[Instance, ...] = ()

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.specification.name

    def resize(self, count: int) -> tuple[Instance, ...]:
        """Start what is missing; returns the new instances, which take invocations as soon as they answer."""
        with self._lock:
            new = tuple(self._new_instance(self.specification) for _ in range(count - len(self.instances)))
            self.instances += new
        for instance in new:
            instance.start()
        return new

    def shrink(self, count: int) -> tuple[Instance, ...]:
        """Give up what is too much; returns those instances, which take no more invocations."""
        with self._lock:
            surplus, self.instances = self.instances[count:], self.instances[:count]
        return surplus

    def drop(self, unwanted: tuple[Instance, ...]) -> None:
        """Give up these instances."""
        with self._lock:
            self.instances = tuple(each for each in self.instances if each not in unwanted)

    def pids(self) -> list[int]:
        """The process of each instance that has one now."""
        return [instance.pid for instance in self.instances if instance.pid is not None]

    def lost(self, client: ServerClient) -> None:
        """That server takes no connections; its instance will say when there is another one."""
        with self._lock:
            for instance in self.instances:
                if instance.client is client:
                    instance.client = None

    @contextmanager
    def server(self) -> Iterator[ServerClient]:
        """A server for one invocation; raises VariantDownError or VariantBusyError."""
        with self._lock:
            limit = self.specification.max_concurrency
            if limit is not None and self._outstanding >= limit:
                raise VariantBusyError
            answering = [(instance, client) for instance in self.instances if (client := instance.client) is not None]
            if not answering:
                raise VariantDownError
            fewest = min(instance.outstanding for instance, _ in answering)
            if not self.specification.random_routing:
                answering = [pair for pair in answering if pair[0].outstanding == fewest]
            instance, client = self._rng.choice(answering)
            instance.outstanding += 1
            self._outstanding += 1
        try:
            yield client
        finally:
            with self._lock:
                instance.outstanding -= 1
                self._outstanding -= 1
