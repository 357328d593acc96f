"""The durable resources of the engine: documents by kind and name, each with its tags."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from aws_stage.engines.sagemaker.arns import already_exists, arn, not_found
from aws_stage.kernel.engine import Stage

Document = dict[str, Any]
Tags = list[dict[str, str]]
_TAGS = "Tags"
SERVING = "Serving"
"""Of a model: its container with what a model package adds, which Describe does not show."""


class Resources:
    """Documents hold API fields, timestamps as epoch seconds."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = stage.store("sagemaker")
        self._lock = threading.RLock()
        self.region = stage.settings.region

    def now(self) -> float:
        """The present, to the millisecond."""
        return round(self._stage.clock.now().timestamp(), 3)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of ours."""
        return arn(self.region, kind, name)

    def find(self, kind: str, name: str) -> Document | None:
        """The document, None when there is none."""
        return self._store.get(kind, name)

    def get(self, kind: str, name: str) -> Document:
        """The document; raises ValidationException in AWS's words."""
        document = self.find(kind, name)
        if document is None:
            raise not_found(self.region, kind, name)
        return document

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, by name."""
        return [document for _, document in self._store.items(kind)]

    def items(self, kind: str) -> list[tuple[str, Document]]:
        """Every name and document of a kind, by name."""
        return self._store.items(kind)

    def create(self, kind: str, name: str, document: Document, tags: Tags | None) -> None:
        """Raises ValidationException when the name is taken."""
        with self._lock:
            if self.find(kind, name) is not None:
                raise already_exists(self.region, kind, name)
            self._store.put(kind, name, {**document, _TAGS: tags or []})

    def change(self, kind: str, name: str, edit: Callable[[Document], None]) -> Document:
        """Edit a document in place, alone; raises ValidationException when it is not there."""
        with self._lock:
            document = self.get(kind, name)
            edit(document)
            self._store.put(kind, name, document)
            return document

    def delete(self, kind: str, name: str) -> None:
        """Raises ValidationException when it is not there."""
        if not self._store.delete(kind, name):
            raise not_found(self.region, kind, name)


def described(document: Document) -> Document:
    """A document without what Describe does not show."""
    return {name: value for name, value in document.items() if name not in (_TAGS, SERVING)}
