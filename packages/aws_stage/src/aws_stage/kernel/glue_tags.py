"""Tags of Glue resources that engines keep; ministack holds the tags, since it serves GetTags for all kinds."""

from __future__ import annotations

from aws_stage.kernel.engine import Call, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

Tags = dict[str, str]


class GlueTags:
    """The tags of one ``kind`` of resource: ``job``, ``crawler`` or ``trigger``."""

    def __init__(self, stage: Stage, kind: str) -> None:
        self._stage = stage
        self._prefix = f"arn:aws:glue:{stage.settings.region}:{ACCOUNT_ID}:{kind}/"

    def of(self, name: str) -> Tags:
        """The tags of a resource."""
        tags: Tags = self._stage.forward(self._call("GetTags", name)).get("Tags") or {}
        return tags

    def add(self, name: str, tags: Tags | None) -> None:
        """Tag a new resource."""
        if tags:
            self._stage.forward(self._call("TagResource", name, TagsToAdd=tags))

    def clear(self, name: str) -> None:
        """Forget the tags of a resource that is gone."""
        tags = self.of(name)
        if tags:
            self._stage.forward(self._call("UntagResource", name, TagsToRemove=list(tags)))

    def matches(self, name: str, wanted: Tags) -> bool:
        """Whether a resource has all the ``wanted`` tags."""
        return not wanted or wanted.items() <= self.of(name).items()

    def _call(self, operation: str, name: str, **more: object) -> Call:
        return Call("glue", operation, {"ResourceArn": self._prefix + name, **more})
