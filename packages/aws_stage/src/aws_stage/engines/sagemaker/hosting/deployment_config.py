"""DeploymentConfig: in which steps traffic passes from the blue fleet to the green one, and what turns it back.

Limits: SageMaker API reference, "TrafficRoutingConfig", and the developer guide, "Blue/Green Deployments".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.sagemaker.arns import invalid, unsupported

_LARGEST_PERCENT = 50
_SMALLEST_LINEAR_PERCENT = 10


@dataclass(frozen=True)
class Step:
    """From this step on the green fleet takes ``share`` (0 to 1) of the traffic; it bakes for ``seconds``."""

    share: float
    seconds: int
    capacity: str
    setting: str

    @property
    def activating(self) -> str:
        """AWS's StatusMessage while traffic is turned on."""
        return f"Activating traffic on {self.capacity}."

    @property
    def baking(self) -> str:
        """AWS's StatusMessage while alarms are watched."""
        return f"Baking for {self.seconds} seconds ({self.setting}) with traffic enabled on {self.capacity}."


@dataclass(frozen=True)
class Plan:
    """``alarms`` are watched while a step bakes; ``timeout`` is in seconds, None for no limit."""

    steps: tuple[Step, ...]
    alarms: tuple[str, ...] = ()
    timeout: int | None = None


def plan_of(config: Mapping[str, Any] | None, instances: int) -> Plan:
    """How to update to a fleet of ``instances``; raises ValidationException."""
    config = config or {}
    if config.get("RollingUpdatePolicy"):
        raise unsupported("RollingUpdatePolicy")
    policy = config.get("BlueGreenUpdatePolicy") or {}
    routing = policy.get("TrafficRoutingConfiguration") or {"Type": "ALL_AT_ONCE"}
    wait, final = routing.get("WaitIntervalInSeconds") or 0, policy.get("TerminationWaitInSeconds") or 0
    steps = [
        Step(share, wait, _capacity(share, instances), "WaitIntervalInSeconds") for share in _shares(routing, instances)
    ]
    steps.append(Step(1.0, final, f"full capacity of {instances} instance(s)", "TerminationWaitInSeconds"))
    timeout, total = policy.get("MaximumExecutionTimeoutInSeconds"), sum(step.seconds for step in steps)
    if timeout is not None and timeout <= total:
        raise invalid(
            f"MaximumExecutionTimeoutInSeconds {timeout} must be larger than the {total} seconds that "
            "WaitIntervalInSeconds and TerminationWaitInSeconds make together."
        )
    alarms = (config.get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    return Plan(tuple(steps), tuple(alarm["AlarmName"] for alarm in alarms), timeout)


def shifts_in_steps(config: Mapping[str, Any] | None) -> bool:
    """Whether the config asks for more than a switch all at once."""
    routing = ((config or {}).get("BlueGreenUpdatePolicy") or {}).get("TrafficRoutingConfiguration") or {}
    return bool(routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE")


def _shares(routing: Mapping[str, Any], instances: int) -> Sequence[float]:
    """The shares before the last, which is 1."""
    kind = routing["Type"]
    for field, owner in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if kind == owner and not routing.get(field):
            raise invalid(f"{field} is required for traffic routing {kind}.")
        if kind != owner and routing.get(field):
            raise invalid(f"{field} cannot be set for traffic routing {kind}.")
    if kind == "CANARY":
        return [_percent(routing["CanarySize"], instances, 0, "CanarySize") / 100]
    if kind == "LINEAR":
        step = _percent(routing["LinearStepSize"], instances, _SMALLEST_LINEAR_PERCENT, "LinearStepSize")
        return [number * step / 100 for number in range(1, math.ceil(100 / step))]
    return []


def _percent(size: Mapping[str, Any], instances: int, low: int, field: str) -> float:
    percent = float(size["Value"]) if size["Type"] == "CAPACITY_PERCENT" else 100 * size["Value"] / instances
    if not low <= percent <= _LARGEST_PERCENT:
        limits = f"{low}-{_LARGEST_PERCENT}%" if low else f"less than or equal to {_LARGEST_PERCENT}%"
        raise invalid(f"{field} must be {limits} of the variant's total instance count ({instances}).")
    return percent


def _capacity(share: float, instances: int) -> str:
    return f"canary capacity of {max(1, math.ceil(share * instances))} instance(s)"
