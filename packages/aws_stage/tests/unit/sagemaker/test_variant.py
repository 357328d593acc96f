"""Which instance of a variant takes an invocation."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.engines.sagemaker.hosting.variant import Variant, VariantBusyError, VariantDownError


class FakeInstance:
    """An instance that answers, or not."""

    def __init__(self, number: int) -> None:
        self.client: ServerClient | None = ServerClient(number)
        self.outstanding = 0

    def start(self) -> None:
        pass


def variant(instances: int, **more: Any) -> Variant:
    numbers = iter(range(instances))
    specification = VariantSpecification("v", "image", "xgboost", None, instances=instances, **more)
    made: Any = lambda _specification: FakeInstance(next(numbers))  # noqa: E731
    each = Variant(specification, made, random.Random(3))
    each.resize(instances)
    return each


def test_the_instance_with_fewest_in_flight_is_next() -> None:
    each = variant(3)
    with ExitStack() as held:
        ports = [held.enter_context(each.server()).port for _ in range(6)]
    assert Counter(ports) == {0: 2, 1: 2, 2: 2}
    assert [instance.outstanding for instance in each.instances] == [0, 0, 0]


def test_random_routing_does_not_look_at_what_is_in_flight() -> None:
    each = variant(2, random_routing=True)
    with ExitStack() as held:
        ports = [held.enter_context(each.server()).port for _ in range(40)]
    assert abs(ports.count(0) - ports.count(1)) > 0


def test_an_instance_that_is_down_takes_nothing() -> None:
    each = variant(2)
    with each.server() as client:
        each.lost(client)
    with each.server() as other:
        assert other is not client
        each.lost(other)
    with pytest.raises(VariantDownError), each.server():
        pass


def test_a_serverless_variant_takes_no_more_than_its_concurrency() -> None:
    each = variant(1, serverless={"MemorySizeInMB": 1024, "MaxConcurrency": 2})
    with each.server(), each.server(), pytest.raises(VariantBusyError), each.server():
        pass
    with each.server():
        pass
