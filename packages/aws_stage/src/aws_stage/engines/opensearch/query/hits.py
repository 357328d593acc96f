"""The documents that a search shows."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch.errors import illegal, only, unsupported
from aws_stage.engines.opensearch.index.dates import date_format
from aws_stage.engines.opensearch.index.fields import Field
from aws_stage.engines.opensearch.query.relation import Relation
from aws_stage.engines.opensearch.query.sorting import behind, keys, no_fielddata
from aws_stage.engines.opensearch.query.sources import shown

_ORDER_OF_INDEX = "_place, _row"


class Hits:
    """Those from ``start`` on, ``size`` at most, of the documents that ``where`` finds."""

    def __init__(self, relation: Relation, where: str, body: dict[str, Any], size: int, start: int) -> None:
        self._relation = relation
        self._size = size
        self._start = start
        self._sort = keys(relation, body["sort"]) if body.get("sort") else []
        self._where = where
        if "search_after" in body:
            if not self._sort:
                raise illegal("Sort must contain at least one field when using search_after.", phase=True)
            if start:
                raise illegal("`from` parameter must be set to 0 when `search_after` is used.")
            self._where = f"({where}) AND ({behind(self._sort, body['search_after'])})"
        stored = body.get("stored_fields")
        if stored not in (None, "*", ["*"], [], "_none_"):
            raise unsupported(f"[stored_fields] other than * ({stored})")
        source = body.get("_source")
        self._show = shown(source if source is not None or stored in (None, []) else False)
        self._version = bool(body.get("version"))
        self._numbers = bool(body.get("seq_no_primary_term"))
        self._values = [_doc_value(relation, each) for each in body.get("docvalue_fields") or []]
        self.is_scored = not self._sort
        self.score = _score(body.get("query"))

    def found(self, connection: Any) -> list[dict[str, Any]]:
        """The hits. Which they are is decided on the few columns that this needs, then the documents are read."""
        if not self._size:
            return []
        order = ", ".join([*(key.order() for key in self._sort), _ORDER_OF_INDEX])
        values = "".join(f", {key.expression}" for key in self._sort)
        text = f"SELECT _place, _row{values} FROM {self._relation.source()} WHERE {self._where} ORDER BY {order}"
        rows = connection.execute(f"{text} LIMIT {self._size} OFFSET {self._start}").fetchall()
        documents = self._documents(connection, [row[:2] for row in rows])
        return [self._hit(documents[row[:2]], row[0], row[2:]) for row in rows]

    def _documents(self, connection: Any, places: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
        """Id, version, number, source and doc values of each hit."""
        columns = ["_id", "_version", "_seq", "_source" if self._show is not None else "NULL"]
        columns += [self._relation.column(field) if field else "NULL" for field, _, _ in self._values]
        found: dict[tuple[int, int], tuple[Any, ...]] = {}
        for place in {place for place, _ in places}:
            rows = [row for each, row in places if each == place]
            source = self._relation.source(place)
            # The span lets whole blocks be passed over: documents of one time were written near each other.
            span = f"_row BETWEEN {min(rows)} AND {max(rows)}"
            wanted = f"{span} AND _row IN ({', '.join(map(str, rows))})"
            text = f"SELECT _row, {', '.join(columns)} FROM {source} WHERE {wanted}"
            found |= {(place, row[0]): row[1:] for row in connection.execute(text).fetchall()}
        return found

    def _hit(self, document: tuple[Any, ...], place: int, sorted_by: tuple[Any, ...]) -> dict[str, Any]:
        document_id, version, number, source, *values = document
        hit: dict[str, Any] = {"_index": self._relation.indices[place].name, "_id": document_id}
        if self._version:
            hit["_version"] = version
        if self._numbers:
            hit |= {"_seq_no": number, "_primary_term": 1}
        hit["_score"] = self.score if self.is_scored else None
        if self._show is not None:
            hit["_source"] = self._show(source)
        fields = {
            name: [_written(field, value, form)]
            for (field, name, form), value in zip(self._values, values, strict=True)
            if field is not None and value is not None
        }
        if fields:
            hit["fields"] = fields
        if self._sort:
            hit["sort"] = [key.shown(value) for key, value in zip(self._sort, sorted_by, strict=True)]
        return hit


def _doc_value(relation: Relation, given: Any) -> tuple[Field | None, str, str | None]:
    """Field, name and format of one of ``docvalue_fields``."""
    if isinstance(given, dict):
        only(given, {"field", "format"}, "docvalue_fields")
        path, form = str(given.get("field")), given.get("format")
    else:
        path, form = str(given), None
    if "*" in path:
        raise unsupported(f"A pattern in [docvalue_fields] ({path})")
    field = relation.field(path)
    if field is not None and not field.is_aggregatable:
        raise no_fielddata(path)
    if form not in (None, "use_field_mapping") and (field is None or field.kind != "date"):
        raise unsupported(f"The format [{form}] of [docvalue_fields] ({path})")
    return field, path, None if form == "use_field_mapping" else form


def _written(field: Field, value: Any, form: str | None) -> Any:
    if field.kind != "date":
        return value
    return (date_format(form) if form else field.date_format).write(value)


def _score(query: Any) -> float:
    """What every hit scores: nothing is ranked; a query of filters alone scores 0, any other 1."""
    body = query.get("bool") if isinstance(query, dict) else None
    filters = isinstance(body, dict) and not body.get("must") and not body.get("should")
    return 0.0 if filters else 1.0
