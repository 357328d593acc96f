"""Tags of resources, which are named by their ARNs."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.neptune.control.book import Book
from aws_stage.kernel.engine import Call


class Tags:
    """Handlers of the calls."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, call: Call) -> dict[str, Any]:
        """AddTagsToResource: replaces those of the same key."""
        kind, name, document = self._book.named_by(call.payload["ResourceName"])
        document["tags"] |= {tag["Key"]: tag.get("Value", "") for tag in call.payload["Tags"]}
        self._book.keep(kind, name, document)
        return {}

    def remove(self, call: Call) -> dict[str, Any]:
        """RemoveTagsFromResource: keys that are not there are no error."""
        kind, name, document = self._book.named_by(call.payload["ResourceName"])
        for key in call.payload["TagKeys"]:
            document["tags"].pop(key, None)
        self._book.keep(kind, name, document)
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        """ListTagsForResource."""
        _, _, document = self._book.named_by(call.payload["ResourceName"])
        return {"TagList": [{"Key": key, "Value": value} for key, value in sorted(document["tags"].items())]}
