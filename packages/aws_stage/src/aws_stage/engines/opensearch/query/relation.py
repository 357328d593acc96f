"""What a search reads: the indices' tables as one relation, with the columns that the search uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import illegal
from aws_stage.engines.opensearch.index.catalogue import Index
from aws_stage.engines.opensearch.index.fields import Field


class Relation:
    """Fields by name over several indices; a field that an index does not have is null there.

    ``now`` is the moment of the search, for date math.
    """

    def __init__(self, indices: Sequence[Index], now: datetime) -> None:
        self.indices = list(indices)
        self.now = now
        self._used: dict[str, Field] = {}

    def field(self, path: str) -> Field | None:
        """The field, None when no index has it; raises when indices differ in its type."""
        found: Field | None = None
        for index in self.indices:
            here = index.mapping.find(path)
            if here is None:
                continue
            if found is not None and found.kind != here.kind:
                raise illegal(
                    f"field [{path}] is of type [{found.kind}] in one index and [{here.kind}] in [{index.name}]; "
                    "the local stage does not search both at once",
                    phase=True,
                )
            found = found or here
        return found

    def column(self, field: Field) -> str:
        """The field's value, as SQL; of a ``.keyword`` nothing where the text is longer than it keeps."""
        owner = field.column or field.path
        self._used.setdefault(owner, field)
        name = _column(owner)
        limit = field.parameters.get("ignore_above") if owner != field.path else None
        return name if limit is None else f"CASE WHEN length({name}) <= {int(limit)} THEN {name} END"

    def source(self, place: int | None = None) -> str:
        """The relation, or the index with that number alone, to stand after FROM: ``_place`` (the index by its number),
        ``_row``, what the tables begin with, and the columns that are used by now."""
        if not self.indices:
            nulls = [f"CAST(NULL AS {field.sql_type}) AS {_column(owner)}" for owner, field in self._used.items()]
            empty = ["0 AS _place", "CAST(0 AS BIGINT) AS _row", *_EMPTY, *nulls]
            return f"(SELECT {', '.join(empty)} WHERE FALSE)"
        if place is not None:
            return f"({self._one(place, self.indices[place])})"
        return "(" + " UNION ALL ".join(self._one(number, index) for number, index in enumerate(self.indices)) + ")"

    def _one(self, place: int, index: Index) -> str:
        columns = [f"{place} AS _place", "rowid AS _row", *_OWN]
        for owner, field in self._used.items():
            here = owner in index.mapping.fields
            columns.append(_column(owner) if here else f"CAST(NULL AS {field.sql_type}) AS {_column(owner)}")
        return f"SELECT {', '.join(columns)} FROM {sql.name(index.table)}"


_OWN = ("_id", "_seq", "_version", "_source")
_EMPTY = [
    f"CAST(NULL AS {kind}) AS {name}"
    for name, kind in zip(_OWN, ("VARCHAR", "BIGINT", "BIGINT", "VARCHAR"), strict=True)
]


def _column(owner: str) -> str:
    return sql.name(sql.column(owner))
