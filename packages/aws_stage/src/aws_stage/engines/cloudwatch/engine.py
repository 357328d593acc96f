"""CloudWatch: GetMetricData with metric math, and alarms that are judged by their own metric, on time.

ministack keeps metrics, alarms and dashboards; it judges an alarm by every metric of that name, whatever the
dimensions, and only when data is put. The engine judges instead, and sets the state through the API, which notifies.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.cloudwatch.alarms import evaluate
from aws_stage.engines.cloudwatch.metric_data import get_metric_data
from aws_stage.engines.cloudwatch.metric_math import ExpressionError
from aws_stage.kernel.engine import Call, Handler, Stage
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.cloudwatch")

EVALUATION_SECONDS = 5.0


class CloudWatchEngine:
    """A thread judges every alarm, some seconds apart."""

    name = "cloudwatch"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._judging = Periodic(self._judge, EVALUATION_SECONDS, "cloudwatch-alarms")
        self._refused: set[str] = set()
        self.operations: Mapping[tuple[str, str], Handler] = {("monitoring", "GetMetricData"): self._get_metric_data}

    def start(self) -> None:
        """Begin to judge alarms."""
        self._judging.start()

    def stop(self) -> None:
        """Stop judging."""
        self._judging.stop()

    def evaluate_alarms(self) -> None:
        """Judge every metric alarm now, and set the states that have changed."""
        client = self._stage.client("cloudwatch")
        for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
            for alarm in page["MetricAlarms"]:
                self._evaluate_alone(alarm, client)

    def _evaluate_alone(self, alarm: dict[str, Any], client: Any) -> None:
        """Judge one alarm. That it was deleted meanwhile, or is odd, keeps the stage from judging no other one."""
        try:
            self._evaluate(alarm, client)
        except ClientError as error:
            logger.info("alarm %s could not be judged: %s", alarm["AlarmName"], error)
        except BotoCoreError:
            raise
        except Exception:
            logger.exception("alarm %s could not be judged", alarm["AlarmName"])

    def _evaluate(self, alarm: dict[str, Any], client: Any) -> None:
        name = alarm["AlarmName"]
        try:
            verdict = evaluate(alarm, client, self._stage.clock.now())
        except ExpressionError as error:
            if name not in self._refused:
                logger.warning("alarm %s is not judged: %s", name, error)
                self._refused.add(name)
            return
        if verdict is not None and verdict.state != alarm["StateValue"]:
            client.set_alarm_state(AlarmName=name, StateValue=verdict.state, StateReason=verdict.reason)

    def _judge(self) -> None:
        try:
            self.evaluate_alarms()
        except (ClientError, BotoCoreError):
            if not self._judging.stopping.is_set():
                logger.exception("judging alarms failed; trying again")

    def _get_metric_data(self, call: Call) -> dict[str, Any]:
        return get_metric_data(call.payload, self._stage.client("cloudwatch"))
