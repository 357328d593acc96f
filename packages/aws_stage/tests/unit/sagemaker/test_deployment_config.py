"""In which steps an endpoint's update shifts traffic, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.engines.sagemaker.hosting.deployment_config import plan_of
from aws_stage.kernel.engine import AwsError


def config(kind: str, *, final: int = 0, **routing: Any) -> dict[str, Any]:
    whole = {"Type": kind, "WaitIntervalInSeconds": 60, **routing}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": whole, "TerminationWaitInSeconds": final}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def shares(given: dict[str, Any] | None, instances: int = 1) -> list[tuple[float, int]]:
    return [(round(step.share, 6), step.seconds) for step in plan_of(given, instances).steps]


def test_traffic_shifts_in_the_steps_of_each_kind() -> None:
    assert shares(None) == [(1.0, 0)]
    assert shares(config("ALL_AT_ONCE", final=120)) == [(1.0, 120)]
    assert shares(config("CANARY", final=30, CanarySize=percent(10))) == [(0.1, 60), (1.0, 30)]
    assert shares(config("CANARY", CanarySize=count(1)), 4) == [(0.25, 60), (1.0, 0)]
    assert shares(config("LINEAR", LinearStepSize=percent(33))) == [(0.33, 60), (0.66, 60), (0.99, 60), (1.0, 0)]
    assert shares(config("LINEAR", final=5, LinearStepSize=count(2)), 4) == [(0.5, 60), (1.0, 5)]


def test_messages_are_those_of_aws() -> None:
    canary, full = plan_of(config("CANARY", final=600, CanarySize=count(1)), 3).steps
    assert canary.activating == "Activating traffic on canary capacity of 1 instance(s)."
    assert canary.baking == (
        "Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s)."
    )
    assert full.baking == (
        "Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 3 instance(s)."
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (config("CANARY", CanarySize=percent(51)), "CanarySize must be less than or equal to 50%"),
        (config("CANARY", CanarySize=count(2)), "CanarySize must be less than or equal to 50%"),
        (config("LINEAR", LinearStepSize=percent(9)), "LinearStepSize must be 10-50%"),
        (config("LINEAR", LinearStepSize=percent(60)), "LinearStepSize must be 10-50%"),
        (config("CANARY"), "CanarySize is required"),
        (config("LINEAR", CanarySize=percent(10), LinearStepSize=percent(10)), "CanarySize cannot be set"),
        (config("ALL_AT_ONCE", LinearStepSize=percent(10)), "LinearStepSize cannot be set"),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": percent(10), "WaitIntervalInSeconds": 1}}, "RollingUpdatePolicy"),
    ],
)
def test_what_aws_does_not_take_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(AwsError, match="ValidationException") as caught:
        plan_of(given, 3)
    assert why in caught.value.message


def test_a_timeout_must_be_longer_than_the_waits() -> None:
    given = config("CANARY", final=600, CanarySize=percent(10))
    given["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 660
    with pytest.raises(AwsError, match="must be larger than the 660 seconds"):
        plan_of(given, 1)
    given["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 661
    assert plan_of(given, 1).timeout == 661
