"""The engine: a poller for each enabled mapping of a Kinesis stream, and the operations."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from aws_stage.engines.event_source_mapping.control_plane.mapping import TRANSITIONS, EventSourceMapping
from aws_stage.engines.event_source_mapping.control_plane.operations import EventSourceMappings
from aws_stage.engines.event_source_mapping.control_plane.tagging import Tagging
from aws_stage.engines.event_source_mapping.invocation import StageCalls
from aws_stage.engines.event_source_mapping.monitoring import NAMESPACE, PUBLISH_SECONDS
from aws_stage.engines.event_source_mapping.poller import Poller
from aws_stage.engines.event_source_mapping.positions import Positions
from aws_stage.kernel.engine import Handler, Stage
from aws_stage.kernel.metric_sets import MetricSets

logger = logging.getLogger("aws_stage.event_source_mapping")

STOP_SECONDS = 3.0
"""How long invocations may still run when the stage stops; those that are left begin anew at the next start."""


class EventSourceMappingEngine:
    """Takes the operations on mappings and on tags from Lambda, and leaves to ministack what is not of Kinesis."""

    name = "event_source_mapping"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._calls = StageCalls(stage.settings.endpoint_url, stage.settings.region)
        self._metrics = MetricSets(lambda: stage.client("cloudwatch"), stage.clock, NAMESPACE, PUBLISH_SECONDS)
        self._mappings = EventSourceMappings(stage)
        self._mappings.changed = self._changed
        self._pollers: dict[str, Poller] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._stopping = False
        tagging = Tagging(stage, self._mappings)
        handlers: dict[str, Handler] = {
            "CreateEventSourceMapping": self._mappings.create,
            "GetEventSourceMapping": self._mappings.get,
            "ListEventSourceMappings": self._mappings.list,
            "UpdateEventSourceMapping": self._mappings.update,
            "DeleteEventSourceMapping": self._mappings.delete,
            "ListTags": tagging.tags,
            "TagResource": tagging.tag,
            "UntagResource": tagging.untag,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("lambda", operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """Go on where every mapping stood, transitions included."""
        self._metrics.start()
        for mapping in self._mappings.all():
            if mapping.enabled or mapping.state in TRANSITIONS:
                self._changed(mapping.uuid)

    def stop(self) -> None:
        """Stop polling; wait a moment for running invocations."""
        with self._lock:
            self._stopping = True
            pollers, self._pollers = list(self._pollers.values()), {}
        for poller in pollers:
            poller.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for poller in pollers:
            poller.join(max(0.0, deadline - time.monotonic()))
        self._metrics.stop()

    def _changed(self, uuid: str) -> None:
        """Act on a changed mapping beside the call that changed it: what runs may take long to end."""
        threading.Thread(target=self._follow, args=(uuid,), name=f"esm-change-{uuid}", daemon=True).start()

    def _follow(self, uuid: str) -> None:
        """Bring a mapping's poller to what the mapping is now; one after another, so that the last change wins."""
        with self._lock:
            turn = self._turns.setdefault(uuid, threading.Lock())
        with turn:
            with self._lock:
                running = self._pollers.pop(uuid, None)
            if running is not None:
                running.stop()
                running.join()
            mapping = self._mappings.find(uuid)
            if mapping is not None:
                self._bring_about(mapping)

    def _bring_about(self, mapping: EventSourceMapping) -> None:
        if mapping.state == "Deleting":
            Positions(self._stage.store(self.name), mapping.uuid, 0.0).forget()
            self._mappings.forget(mapping.uuid)
        elif not mapping.enabled:
            self._mappings.settle(mapping.uuid, "Disabled")
        else:
            self._poll(mapping)

    def _poll(self, mapping: EventSourceMapping) -> None:
        last = [mapping.configuration["LastProcessingResult"]]

        def result(text: str) -> None:
            if text != last[0]:
                last[0] = text
                self._mappings.result(mapping.uuid, text)

        poller = Poller(
            self._stage,
            self._calls,
            self._metrics,
            mapping,
            started=lambda: self._mappings.settle(mapping.uuid, "Enabled"),
            result=result,
        )
        with self._lock:
            if self._stopping:
                return
            self._pollers[mapping.uuid] = poller
        poller.start()
