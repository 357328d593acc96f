"""Traffic on its way from the blue fleet to the green one, step by step, while alarms are watched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.sagemaker.hosting.deployment import Deployment
from aws_stage.engines.sagemaker.hosting.deployment_config import Plan, Step
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments
from aws_stage.kernel.clock import Clock

ALARM_SECONDS = 1.0
"""Between two looks at the alarms while a step bakes. AWS does not say how often it looks."""
_POLL_SECONDS = 0.02

Say = Callable[[str, str], None]
"""Takes a VariantStatus and its message."""


class Rollout:
    """``clock`` times the steps; ``stopping`` is set when the stage goes down."""

    def __init__(
        self, clock: Clock, live: LiveDeployments, client: Callable[[str], Any], stopping: threading.Event
    ) -> None:
        self._clock = clock
        self._live = live
        self._client = client
        self._stopping = stopping

    def shift(self, endpoint: str, green: Deployment, plan: Plan, say: Say) -> str | None:
        """Give ``green`` the traffic; returns why it has to be taken back, None when it may stay."""
        began = self._clock.monotonic()
        for step in plan.steps:
            say("ActivatingTraffic", step.activating)
            self._live.share(endpoint, green, step.share)
            if step.seconds:
                say("Baking", step.baking)
            why = self._bake(step, plan, began)
            if why is not None or self._stopping.is_set():
                return why
        return None

    def _bake(self, step: Step, plan: Plan, began: float) -> str | None:
        now = self._clock.monotonic()
        end, next_look = now + step.seconds, now
        while not self._stopping.is_set():
            now = self._clock.monotonic()
            if plan.timeout is not None and now - began > plan.timeout:
                return f"The deployment took longer than MaximumExecutionTimeoutInSeconds ({plan.timeout})."
            if now >= next_look or now >= end:
                why = self._tripped(plan)
                if why is not None:
                    return why
                next_look = now + ALARM_SECONDS
            if now >= end:
                return None
            self._stopping.wait(_POLL_SECONDS)
        return None

    def _tripped(self, plan: Plan) -> str | None:
        """Why the alarms turn the deployment back; those that cannot be read do, since nothing guards it then."""
        if not plan.alarms:
            return None
        try:
            states = alarm_states(self._client("cloudwatch"), plan.alarms)
        except (ClientError, BotoCoreError) as error:
            return f"The alarms of AutoRollbackConfiguration could not be read: {error}"
        missing = [name for name in plan.alarms if name not in states]
        tripped = [name for name in plan.alarms if states.get(name) == "ALARM"]
        if missing:
            return f"Alarms of AutoRollbackConfiguration are gone: {', '.join(missing)}."
        return f"Alarms are in state ALARM: {', '.join(tripped)}." if tripped else None


def alarm_states(cloudwatch: Any, names: tuple[str, ...]) -> dict[str, str]:
    """The state of each alarm that there is, by its name; raises what boto3 raises."""
    found = cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}
