"""How labels and types of relationships are types of ArcadeDB.

Every node is of ``~Node`` or below, every relationship of ``~Edge`` or below: one unique index over each makes ``~id``
unique over all labels, as it is in Neptune, and finds a node of any label. ArcadeDB makes types by itself where a
statement names new ones, outside the index; so they are made before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws_stage.engines.neptune.graph.failures import QueryError

ID = "~id"
NODE = "~Node"
RELATIONSHIP = "~Edge"
DEFAULT_LABEL = "vertex"
"""The label of a node that was created without one (userguide, "openCypher data model")."""

_JOINED = "~"
"""ArcadeDB's name for the type of nodes with several labels: ``Device~Sensor``."""

_ID_RULES = "mandatory true, notnull true, readonly true, default uuid()"
BASE = (
    f"CREATE VERTEX TYPE `{NODE}` IF NOT EXISTS BUCKETS 1",
    f"CREATE PROPERTY `{NODE}`.`{ID}` IF NOT EXISTS STRING ({_ID_RULES})",
    f"CREATE INDEX IF NOT EXISTS ON `{NODE}` (`{ID}`) UNIQUE",
    f"CREATE EDGE TYPE `{RELATIONSHIP}` IF NOT EXISTS BUCKETS 1",
    f"CREATE PROPERTY `{RELATIONSHIP}`.`{ID}` IF NOT EXISTS STRING ({_ID_RULES})",
    f"CREATE INDEX IF NOT EXISTS ON `{RELATIONSHIP}` (`{ID}`) UNIQUE",
)
"""The statements, in ArcadeDB's SQL, that a graph is opened with: one whose making was cut short is made whole."""


def labels_of(type_name: str) -> list[str]:
    """The labels of a node of a type."""
    return type_name.split(_JOINED)


def make_types(database: Any, labels: Iterable[str], relationships: Iterable[str]) -> None:
    """Make the types of labels and of relationships that there are not yet; ``database`` is ArcadeDB's."""
    for kind, base, names in (("VERTEX", NODE, labels), ("EDGE", RELATIONSHIP, relationships)):
        for name in names:
            if _JOINED in name or "`" in name:
                raise QueryError("BadRequestException", f"{name!r} cannot be a label here: it has ~ or a backtick")
            if not database.get_java_database().getSchema().existsType(name):
                database.command("sql", f"CREATE {kind} TYPE `{name}` EXTENDS `{base}` BUCKETS 1")
