"""Documents as rows: each field's value, and the fields that dynamic mapping adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import SearchError, unsupported
from aws_stage.engines.opensearch.index.fields import Field, field_error
from aws_stage.engines.opensearch.index.mapping import Mapping, guessed

Row = dict[str, Any]
"""Field to value; what a document does not have is left out."""

_METADATA = frozenset({"_id", "_index", "_source", "_routing", "_field_names", "_seq_no", "_version", "_type"})
DEEPEST = 20
"""``index.mapping.depth.limit``."""


def parsed(source: bytes) -> dict[str, Any]:
    """A document; raises SearchError for what is no JSON object."""
    try:
        document = orjson.loads(source)
    except orjson.JSONDecodeError as error:
        cause = SearchError("json_parse_exception", str(error))
        raise SearchError("mapper_parsing_exception", "failed to parse", cause=cause) from error
    if not isinstance(document, dict):
        raise SearchError("mapper_parsing_exception", "failed to parse: a document is an object")
    return document


@dataclass
class _Reading:
    """One document so far: its values, and the fields that its mapping lacks."""

    document_id: str
    row: Row = field(default_factory=dict)
    guesses: dict[str, Field] = field(default_factory=dict)


class Rows:
    """Makes rows by one mapping, which grows: ``added`` are its new fields so far."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.added: list[Field] = []
        self._parsers: dict[str, Callable[[Any], Any]] = {path: each.parser() for path, each in mapping.fields.items()}

    def row(self, document: dict[str, Any], document_id: str) -> Row:
        """Raises SearchError for a document that the mapping does not take; then the mapping has not grown."""
        reading = _Reading(document_id)
        for name, value in document.items():
            parse = self._parsers.get(name)
            if parse is None or value is None or isinstance(value, list | dict):
                self._add(reading, "", name, value)
            else:
                reading.row[name] = self._value(parse, name, value, document_id)
        for new in reading.guesses.values():
            self.mapping = self.mapping.with_field(new)
            self._parsers[new.path] = new.parser()
            self.added.append(new)
        return reading.row

    def _add(self, reading: _Reading, parent: str, name: str, value: Any) -> None:
        if not parent and name in _METADATA:
            reason = (
                f"Field [{name}] is a metadata field and cannot be added inside a document. "
                "Use the index API request parameters."
            )
            raise SearchError("mapper_parsing_exception", reason)
        path = f"{parent}.{name}" if parent else name
        if isinstance(value, list):
            value = _single(path, value)
        if value is None:
            return
        guesses = reading.guesses
        if isinstance(value, dict):
            if path in self.mapping.fields or path in guesses:
                found = self.mapping.fields.get(path) or guesses[path]
                raise field_error(found, reading.document_id, value, unsupported("an object as a value"))
            self._descend(reading, path, value)
            return
        parse = self._parsers.get(path)
        if parse is None and path in guesses:
            parse = guesses[path].parser()
        if parse is None:
            if not self._may_grow(path):
                return
            new = guessed(path, value)
            guesses[path] = new
            parse = new.parser()
        reading.row[path] = self._value(parse, path, value, reading.document_id, guesses.get(path))

    def _descend(self, reading: _Reading, path: str, value: dict[str, Any]) -> None:
        if path.count(".") >= DEEPEST:
            raise SearchError("mapper_parsing_exception", f"Limit of mapping depth [{DEEPEST}] has been exceeded")
        if path not in self.mapping.objects and not self._may_grow(path):
            return
        for name, inner in value.items():
            self._add(reading, path, name, inner)

    def _may_grow(self, path: str) -> bool:
        """Whether a new field is mapped; raises where the mapping is strict."""
        if path in self.mapping.objects:
            raise SearchError(
                "mapper_parsing_exception",
                f"object mapping for [{path}] tried to parse field [{path}] as object, but found a concrete value",
            )
        parent = path.rpartition(".")[0]
        dynamic = self.mapping.dynamic(parent)
        if dynamic == "strict":
            name = path.removeprefix(f"{parent}.") if parent else path
            raise SearchError(
                "strict_dynamic_mapping_exception",
                f"mapping set to strict, dynamic introduction of [{name}] within [{parent or '_doc'}] is not allowed",
            )
        return dynamic == "true"

    def _value(
        self, parse: Callable[[Any], Any], path: str, value: Any, document_id: str, new: Field | None = None
    ) -> Any:
        try:
            return parse(value)
        except SearchError as error:
            raise field_error(new or self.mapping.fields[path], document_id, value, error) from error


def _single(path: str, values: list[Any]) -> Any:
    """The one value of an array: a column holds one."""
    if len(values) > 1:
        raise SearchError(
            "mapper_parsing_exception", unsupported(f"An array of {len(values)} values (field [{path}])").reason
        )
    return values[0] if values else None
