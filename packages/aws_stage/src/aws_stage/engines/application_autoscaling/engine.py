"""The engine: its operations, and the thread that scales."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aws_stage.engines.application_autoscaling.policies import Policies
from aws_stage.engines.application_autoscaling.scaling import Scaling
from aws_stage.engines.application_autoscaling.targets import Targets
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call, Handler, Stage
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.application_autoscaling")

SERVICE = "application-autoscaling"
SCALING_SECONDS = 5.0
"""As often as the stage judges alarms."""


class ApplicationAutoScaling:
    """Owns the ``application-autoscaling`` signing name."""

    name = "application_autoscaling"
    owns = frozenset({SERVICE})

    def __init__(self, stage: Stage) -> None:
        store = stage.store(self.name)
        policies = Policies(stage, store)
        self.scaling = Scaling(stage, store)
        handlers = {**Targets(stage, store, policies).operations, **policies.operations, **self.scaling.operations}
        self.operations: Mapping[tuple[str, str], Handler] = {
            (SERVICE, operation): _checked(operation, handler) for operation, handler in handlers.items()
        }
        self._acting = Periodic(self._act, SCALING_SECONDS, "application-autoscaling")

    def start(self) -> None:
        """Begin to scale."""
        self._acting.start()

    def stop(self) -> None:
        """Stop scaling."""
        self._acting.stop()

    def _act(self) -> None:
        try:
            self.scaling.act()
        except Exception:
            logger.exception("scaling failed; trying again")


def _checked(operation: str, handler: Handler) -> Handler:
    def handle(call: Call) -> dict[str, Any]:
        check(SERVICE, operation, call.payload)
        return handler(call)

    return handle
