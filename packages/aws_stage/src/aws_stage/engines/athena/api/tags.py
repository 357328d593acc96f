"""Tags of workgroups and data catalogs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.kernel.engine import Call, Handler
from aws_stage.storage.store import Store

KIND = "tags"


class Tags:
    """Tags by resource ARN; ``exists`` says whether an ARN names a resource that can carry tags."""

    def __init__(self, store: Store, exists: Callable[[str], bool]) -> None:
        self._store = store
        self._exists = exists
        self.operations: dict[str, Handler] = {
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.list_tags,
        }

    def put(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Add tags to a resource, replacing those of the same key."""
        merged = {**self._tags(arn), **{tag["Key"]: tag.get("Value", "") for tag in tags}}
        self._store.put(KIND, arn, merged)

    def forget(self, arn: str) -> None:
        """Drop the tags of a resource that is gone."""
        self._store.delete(KIND, arn)

    def tag(self, call: Call) -> dict[str, Any]:
        self.put(self._known(call), required(call.payload, "Tags"))
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        arn = self._known(call)
        gone = set(required(call.payload, "TagKeys"))
        self._store.put(KIND, arn, {key: value for key, value in self._tags(arn).items() if key not in gone})
        return {}

    def list_tags(self, call: Call) -> dict[str, Any]:
        tags = [{"Key": key, "Value": value} for key, value in sorted(self._tags(self._known(call)).items())]
        tags, more = page(tags, call.payload, 75)
        return {"Tags": tags, **more}

    def _tags(self, arn: str) -> dict[str, str]:
        return self._store.get(KIND, arn) or {}

    def _known(self, call: Call) -> str:
        arn = str(required(call.payload, "ResourceARN"))
        if not self._exists(arn):
            raise invalid(f"Resource {arn} is not found.")
        return arn
