"""What the stage says of itself: read at each look, since the disk fills by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aws_stage.storage.manifest.writes import Writes

OK, DEGRADED = "ok", "degraded"
UP = frozenset({OK, DEGRADED})
"""A stage that is up and answers; degraded: what is written may be refused, and ``disk`` says why."""


class Health(Mapping[str, Any]):
    """The health document. ``status`` is ``starting``, ``ok``, ``degraded`` or ``stopping``."""

    def __init__(self, writes: Writes, **told: Any) -> None:
        self._writes = writes
        self._told: dict[str, Any] = {"status": "starting", **told}

    def update(self, **told: Any) -> None:
        """Tell more, or something else."""
        self._told.update(told)

    def __getitem__(self, name: str) -> Any:
        if name == "disk":
            return self._writes.as_dict()
        if name == "status" and self._told["status"] == OK and self._writes.as_dict()["full"]:
            return DEGRADED
        return self._told[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._told, "disk"))

    def __len__(self) -> int:
        return len(self._told) + 1
