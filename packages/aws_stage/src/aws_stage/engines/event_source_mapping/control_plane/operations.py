"""The control plane: create, get, list, update and delete mappings of Kinesis streams.

Mappings of other sources are ministack's; ``List`` gives both.
"""

from __future__ import annotations

import copy
import math
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_stage.engines.event_source_mapping.control_plane.functions import function_arn, same_function
from aws_stage.engines.event_source_mapping.control_plane.mapping import TRANSITIONS, EventSourceMapping
from aws_stage.engines.event_source_mapping.control_plane.validation import (
    DEFAULTS,
    check_destination,
    check_request,
    check_start,
    check_stream,
)
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

PAGE = 100
"""Mappings that ListEventSourceMappings gives at once, at most."""

_KIND = "mapping"
_SETTINGS = (*DEFAULTS, "FilterCriteria", "KMSKeyArn", "MetricsConfig")
_REMOVABLE = {"FilterCriteria": "Filters", "MetricsConfig": "Metrics"}
"""Settings that an update with nothing in them removes."""

Listener = Callable[[str], None]


class EventSourceMappings:
    """The mappings of the stage, kept in its store.

    ``changed`` is told the UUID of each mapping that was created, updated or is to be deleted, and has a passing state;
    whoever acts on it calls ``settle`` or ``forget``.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = stage.store("event_source_mapping")
        self._lock = threading.RLock()
        self.changed: Listener = lambda _identity: None

    def all(self) -> list[EventSourceMapping]:
        """Every mapping of a Kinesis stream, by UUID."""
        return [EventSourceMapping.from_document(document) for _, document in self._store.items(_KIND)]

    def find(self, identity: str) -> EventSourceMapping | None:
        """The mapping of that UUID, when it is one of a Kinesis stream."""
        document = self._store.get(_KIND, identity.lower())
        return None if document is None else EventSourceMapping.from_document(document)

    def settle(self, identity: str, state: str) -> None:
        """A transition is over, or there was none. What a later request wants wins."""
        with self._lock:
            mapping = self.find(identity)
            if mapping is None or mapping.state in (state, "Deleting") or mapping.enabled != (state == "Enabled"):
                return
            self._edit(identity, State=state, LastModified=self._now())

    def result(self, identity: str, text: str) -> None:
        """Note a LastProcessingResult."""
        self._edit(identity, LastProcessingResult=text)

    def tag(self, identity: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Replace a mapping's tags by what ``change`` makes of them."""
        with self._lock:
            mapping = self.find(identity)
            if mapping is not None:
                self._save(replace(mapping, tags=change(mapping.tags)))

    def forget(self, identity: str) -> None:
        """A deleted mapping has come to its end."""
        with self._lock:
            self._store.delete(_KIND, identity)

    def create(self, call: Call) -> dict[str, Any]:
        """CreateEventSourceMapping."""
        request = call.payload
        if not _of_kinesis(request.get("EventSourceArn", "")):
            return self._stage.forward(call)
        check("lambda", "CreateEventSourceMapping", request)
        check_request(request)
        now = self._now()
        check_start(request, now)
        arn = function_arn(self._stage.client("lambda"), self._stage.settings.region, request["FunctionName"])
        stream = request["EventSourceArn"]
        check_stream(self._stage.client("kinesis"), stream)
        check_destination(self._stage.client, request.get("DestinationConfig") or {})
        identity = str(uuid.uuid4())
        prefix = f"arn:aws:lambda:{self._stage.settings.region}:{ACCOUNT_ID}:event-source-mapping"
        configuration = _merged(copy.deepcopy(DEFAULTS), request) | {
            "UUID": identity,
            "StartingPosition": request["StartingPosition"],
            "EventSourceArn": stream,
            "FunctionArn": arn,
            "EventSourceMappingArn": f"{prefix}:{identity}",
            "LastModified": now,
            "LastProcessingResult": "No records processed",
            "State": "Creating",
            "StateTransitionReason": "User action",
        }
        start = now if request["StartingPosition"] == "LATEST" else request.get("StartingPositionTimestamp")
        if start is not None and request["StartingPosition"] == "AT_TIMESTAMP":
            configuration["StartingPositionTimestamp"] = start
        enabled = request.get("Enabled", True)
        mapping = EventSourceMapping(identity, configuration, request.get("Tags") or {}, start, enabled)
        with self._lock:
            self._refuse_duplicate(mapping)
            self._save(mapping)
        self.changed(mapping.uuid)
        return configuration

    def get(self, call: Call) -> dict[str, Any]:
        """GetEventSourceMapping."""
        mapping = self.find(call.payload["UUID"])
        return self._stage.forward(call) if mapping is None else mapping.configuration

    def list(self, call: Call) -> dict[str, Any]:
        """ListEventSourceMappings: ours, then ministack's."""
        request = call.payload
        function, source = request.get("FunctionName"), request.get("EventSourceArn")
        mappings = [
            mapping.configuration
            for mapping in self.all()
            if source in (None, mapping.stream_arn)
            and (function is None or same_function(function, mapping.function_arn))
        ]
        everything = {name: value for name, value in request.items() if name != "Marker"} | {"MaxItems": 10_000}
        mappings += self._stage.forward(Call(call.service, call.operation, everything))["EventSourceMappings"]
        identities = [mapping["UUID"] for mapping in mappings]
        first = identities.index(request["Marker"]) + 1 if request.get("Marker") in identities else 0
        page = mappings[first : first + min(request.get("MaxItems") or PAGE, PAGE)]
        more = first + len(page) < len(mappings)
        return {"EventSourceMappings": page, **({"NextMarker": page[-1]["UUID"]} if more else {})}

    def update(self, call: Call) -> dict[str, Any]:
        """UpdateEventSourceMapping: what is named changes, the position stays."""
        request = call.payload
        if self.find(request["UUID"]) is None:
            return self._stage.forward(call)
        check("lambda", "UpdateEventSourceMapping", request)
        check_request(request)
        check_destination(self._stage.client, request.get("DestinationConfig") or {})
        arn = None
        if request.get("FunctionName"):
            arn = function_arn(self._stage.client("lambda"), self._stage.settings.region, request["FunctionName"])
        with self._lock:
            mapping = self._settled(request["UUID"])
            enabled = request.get("Enabled", mapping.enabled)
            state = "Updating" if enabled == mapping.enabled else "Enabling" if enabled else "Disabling"
            configuration = _merged(mapping.configuration, request) | {"State": state, "LastModified": self._now()}
            if arn is not None:
                configuration["FunctionArn"] = arn
            mapping = replace(mapping, configuration=configuration, enabled=enabled)
            self._refuse_duplicate(mapping)
            self._save(mapping)
        self.changed(mapping.uuid)
        return mapping.configuration

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteEventSourceMapping: gone when its last invocation has ended."""
        if self.find(call.payload["UUID"]) is None:
            return self._stage.forward(call)
        with self._lock:
            mapping = self._settled(call.payload["UUID"])
            configuration = {**mapping.configuration, "State": "Deleting", "LastModified": self._now()}
            mapping = replace(mapping, configuration=configuration)
            self._save(mapping)
        self.changed(mapping.uuid)
        return mapping.configuration

    def _settled(self, identity: str) -> EventSourceMapping:
        mapping = self.find(identity)
        if mapping is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        if mapping.state in TRANSITIONS:
            raise AwsError(
                "ResourceInUseException",
                f"Cannot update the event source mapping because it is in use (state {mapping.state}).",
            )
        return mapping

    def _refuse_duplicate(self, mapping: EventSourceMapping) -> None:
        for other in self.all():
            same = (other.stream_arn, other.function_arn) == (mapping.stream_arn, mapping.function_arn)
            if same and other.uuid != mapping.uuid:
                name = mapping.function_arn.split(":", 6)[6]
                raise AwsError(
                    "ResourceConflictException",
                    f'The event source arn (" {mapping.stream_arn} ") and function (" {name} ") provided mapping '
                    f"already exists. Please update or delete the existing mapping with UUID {other.uuid}",
                    409,
                )

    def _edit(self, identity: str, **members: Any) -> None:
        with self._lock:
            mapping = self.find(identity)
            if mapping is None or members.items() <= mapping.configuration.items():
                return
            self._save(replace(mapping, configuration={**mapping.configuration, **members}))

    def _save(self, mapping: EventSourceMapping) -> None:
        self._store.put(_KIND, mapping.uuid, mapping.document())

    def _now(self) -> float:
        return math.floor(self._stage.clock.now().timestamp() * 1000) / 1000


def _of_kinesis(arn: str) -> bool:
    return arn.split(":")[2:3] == ["kinesis"]


def _merged(configuration: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """``configuration`` with the settings that ``request`` names."""
    merged = {**configuration, **{name: request[name] for name in _SETTINGS if request.get(name) is not None}}
    for name, member in _REMOVABLE.items():
        if name in request and not (request[name] or {}).get(member):
            merged.pop(name, None)
    merged["DestinationConfig"] = {"OnFailure": {}, **merged["DestinationConfig"]}
    if not (merged["DestinationConfig"]["OnFailure"] or {}).get("Destination"):
        merged["DestinationConfig"]["OnFailure"] = {}
    return merged
