"""How far each shard of a mapping is processed, on disk before the next batch begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aws_stage.engines.event_source_mapping.shard_reader import Kept
from aws_stage.storage.store import Store

_KIND = "position"


@dataclass(frozen=True)
class Position:
    """``window`` is the shard's open tumbling window with its state, which must fit the place in the shard.

    ``lanes`` are the sequence numbers of the last record that each of several lanes has processed: some are ahead of
    ``kept``, and need not process what lies between once more.
    """

    kept: Kept | None = None
    ended: bool = False
    window: dict[str, Any] | None = None
    lanes: tuple[str | None, ...] = ()


class Positions:
    """Positions of one mapping in one stream; ``created`` tells a stream from a later one of the same name."""

    def __init__(self, store: Store, mapping: str, created: float) -> None:
        self._store = store
        self._mapping = mapping
        self._created = created

    def all(self) -> dict[str, Position]:
        """Every kept position, by shard."""
        return {
            shard: _position(document) for shard, document in self._documents() if document["stream"] == self._created
        }

    def save(self, shard: str, position: Position) -> None:
        """Keep a shard's position."""
        self._store.put(_KIND, f"{self._mapping}/{shard}", {"stream": self._created, **asdict(position)})

    def forget(self, shards: set[str] | None = None) -> None:
        """Forget these shards, or all."""
        for shard, _ in self._documents():
            if shards is None or shard in shards:
                self._store.delete(_KIND, f"{self._mapping}/{shard}")

    def _documents(self) -> list[tuple[str, dict[str, Any]]]:
        prefix = f"{self._mapping}/"
        return [
            (key.removeprefix(prefix), document) for key, document in self._store.items(_KIND) if key.startswith(prefix)
        ]


def _position(document: dict[str, Any]) -> Position:
    kept = Kept(**document["kept"]) if document["kept"] else None
    return Position(kept, document["ended"], document["window"], tuple(document["lanes"]))
