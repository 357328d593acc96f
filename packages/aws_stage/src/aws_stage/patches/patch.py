"""What the list of patches says of each, and the list as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """Why something is replaced."""

    FAULT = "a fault of ministack's"
    """AWS does otherwise. When ministack does as AWS, the patch goes."""
    WISH = "a wish of ours"
    """Durability, speed, safety, or work that an engine does instead."""


@dataclass(frozen=True)
class Patch:
    """``module`` of this package replaces ``names`` in the module ``of`` beneath ``ministack``, for one ``reason``.

    ``names`` are parted by spaces.
    """

    module: str
    of: str
    names: str
    kind: Kind
    reason: str

    @property
    def places(self) -> set[tuple[str, str]]:
        """``(module beneath ministack, name)`` of everything that is replaced."""
        return {(self.of, name) for name in self.names.split()}


def table(patches: Iterable[Patch]) -> str:
    """The list in Markdown."""
    rows = ["| patch | replaces in ministack | kind | reason |", "|---|---|---|---|"]
    for patch in patches:
        names = ", ".join(f"`{name}`" for name in patch.names.split())
        rows.append(f"| `{patch.module}` | `{patch.of}`: {names} | {patch.kind.value} | {patch.reason} |")
    return "\n".join(rows) + "\n"
