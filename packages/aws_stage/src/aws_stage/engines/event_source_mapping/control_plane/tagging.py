"""Tags: those of mappings here, those of everything else of Lambda in ministack."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.event_source_mapping.control_plane.mapping import EventSourceMapping
from aws_stage.engines.event_source_mapping.control_plane.operations import EventSourceMappings
from aws_stage.kernel.engine import AwsError, Call, Stage

MAX_TAGS = 50


class Tagging:
    """ListTags, TagResource and UntagResource."""

    def __init__(self, stage: Stage, mappings: EventSourceMappings) -> None:
        self._stage = stage
        self._mappings = mappings

    def tags(self, call: Call) -> dict[str, Any]:
        """ListTags."""
        mapping = self._mapping(call)
        return self._stage.forward(call) if mapping is None else {"Tags": mapping.tags}

    def tag(self, call: Call) -> dict[str, Any]:
        """TagResource: adds tags, replacing those of the same key."""
        mapping = self._mapping(call)
        if mapping is None:
            return self._stage.forward(call)

        def tagged(tags: dict[str, str]) -> dict[str, str]:
            tags = {**tags, **call.payload["Tags"]}
            if len(tags) > MAX_TAGS:
                raise AwsError("InvalidParameterValueException", f"A mapping has at most {MAX_TAGS} tags.")
            return tags

        self._mappings.tag(mapping.uuid, tagged)
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        """UntagResource: keys that are not there are no error."""
        mapping = self._mapping(call)
        if mapping is None:
            return self._stage.forward(call)
        gone = set(call.payload["TagKeys"])
        self._mappings.tag(mapping.uuid, lambda tags: {key: text for key, text in tags.items() if key not in gone})
        return {}

    def _mapping(self, call: Call) -> EventSourceMapping | None:
        resource, _, identity = call.payload["Resource"].rpartition(":")
        return self._mappings.find(identity) if resource.endswith(":event-source-mapping") else None
