"""What Neptune does not let into a graph and ArcadeDB would: looked at before each record is written."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.neptune.graph.failures import QueryError
from aws_stage.engines.neptune.graph.schema import ID, NODE

_SIMPLE = "Property value must be a simple literal. Or: Expected Map for Set properties but didn't find one."
_LAST_LABEL = "Invalid operation: attempting to remove the last label of a node. A node must have at least one label."
_UNLABELLED = "~NO_LABEL~"


class Guard:
    """``creations`` and ``updates`` are listeners of ArcadeDB's.

    What they raise ends the query; ``refusal`` says why.
    """

    def __init__(self) -> None:
        from jpype import JClass, JProxy

        self._composite = (JClass("java.util.Map"), JClass("java.util.Collection"))
        self._document = JClass("com.arcadedb.database.Document")
        self._failure: QueryError | None = None
        self.creations = JProxy("com.arcadedb.event.BeforeRecordCreateListener", dict={"onBeforeCreate": self._look_at})
        self.updates = JProxy("com.arcadedb.event.BeforeRecordUpdateListener", dict={"onBeforeUpdate": self._look_at})

    def begin(self) -> None:
        """A query begins."""
        self._failure = None

    def refusal(self) -> QueryError | None:
        """Why the query was ended, if it was from here."""
        return self._failure

    def _look_at(self, record: Any) -> bool:
        try:
            self._check(record)
        except QueryError as failure:
            self._failure = failure
            raise
        return True

    def _check(self, record: Any) -> None:
        if not isinstance(record, self._document):  # ArcadeDB's own lists of edges
            return
        if str(record.getTypeName()) in (_UNLABELLED, NODE):
            raise QueryError("BadRequestException", _LAST_LABEL)
        for entry in record.propertiesAsMap().entrySet():
            if isinstance(entry.getValue(), self._composite):
                raise QueryError("BadRequestException", _SIMPLE)
        identity = record.get(ID)
        if identity is not None and not str(identity):
            raise QueryError("BadRequestException", f"{ID} must not be empty")
