"""Mappings: which fields an index has, and which may be added.

docs.opensearch.org/latest/field-types/ and …/dynamic/
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Json
from dataclasses import dataclass, field, replace
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, illegal, unsupported
from aws_stage.engines.opensearch.index.dates import date_format
from aws_stage.engines.opensearch.index.fields import IGNORE_ABOVE, TYPES, Field

MOST_FIELDS = 1000
"""``index.mapping.total_fields.limit``."""

_ROOT = ""
_PARAMETERS = {
    "keyword": {"ignore_above"},
    "text": {"fields"},
    "date": {"format"},
}
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d([.,]\d{1,9})?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?)?)?")


@dataclass(frozen=True)
class Mapping:
    """``fields`` by path; ``objects``: path to the object's own ``dynamic``, None where it has its parent's."""

    fields: dict[str, Field] = field(default_factory=dict)
    objects: dict[str, str | None] = field(default_factory=lambda: {_ROOT: None})

    @classmethod
    def parse(cls, document: Json[str, Any]) -> Mapping:
        """A mapping as the API has it; raises SearchError for what the stage does not have."""
        mapping = cls()
        mapping._read(document, _ROOT)
        if len(mapping.fields) > MOST_FIELDS:
            raise illegal(f"Limit of total fields [{MOST_FIELDS}] has been exceeded")
        return mapping

    def find(self, path: str) -> Field | None:
        """The field of that name, or the ``.keyword`` of a text."""
        found = self.fields.get(path)
        if found is not None:
            return found
        parent = self.fields.get(path.rpartition(".")[0])
        if parent is None:
            return None
        return next((each for each in parent.subfields() if each.path == path), None)

    def below(self, path: str) -> list[Field]:
        """The field, or every field of that object."""
        return [each for name, each in self.fields.items() if name == path or name.startswith(f"{path}.")]

    def all(self) -> list[Field]:
        """Every field, keywords of texts included."""
        return [each for found in self.fields.values() for each in (found, *found.subfields())]

    def dynamic(self, path: str) -> str:
        """What becomes of a new field in an object: ``true``, ``false`` or ``strict``."""
        while True:
            own = self.objects.get(path)
            if own is not None:
                return own
            if path == _ROOT:
                return "true"
            path = path.rpartition(".")[0]

    def merged(self, other: Mapping) -> Mapping:
        """Both; raises where a field would change its type."""
        fields = dict(self.fields)
        for path, new in other.fields.items():
            old = fields.get(path)
            if path in self.objects:
                raise illegal(f"can't merge a non object mapping [{path}] with an object mapping")
            if old is not None and old.kind != new.kind:
                raise illegal(f"mapper [{path}] cannot be changed from type [{old.kind}] to [{new.kind}]")
            if old is not None and old.kind == "date" and old.date_format.text != new.date_format.text:
                raise illegal(f"Mapper for [{path}] conflicts with existing mapper: Cannot update parameter [format]")
            fields[path] = new
        if clash := next((path for path in other.objects if path in self.fields), None):
            raise illegal(f"can't merge a non object mapping [{clash}] with an object mapping")
        set_here = {path: own for path, own in other.objects.items() if own is not None or path not in self.objects}
        return Mapping(fields, {**self.objects, **set_here})

    def with_field(self, new: Field) -> Mapping:
        """One more field, and the objects that it lies in."""
        if len(self.fields) >= MOST_FIELDS:
            raise illegal(f"Limit of total fields [{MOST_FIELDS}] has been exceeded")
        objects = dict(self.objects)
        parent = new.path.rpartition(".")[0]
        while parent and parent not in objects:
            objects[parent] = None
            parent = parent.rpartition(".")[0]
        return replace(self, fields={**self.fields, new.path: new}, objects=objects)

    def document(self) -> dict[str, Any]:
        """The mapping as the API shows it."""
        root: dict[str, Any] = {}
        nodes = {_ROOT: root}
        for path in sorted(self.objects, key=lambda each: each.count(".") if each else -1):
            if path:
                parent, _, name = path.rpartition(".")
                nodes[path] = nodes[parent].setdefault("properties", {}).setdefault(name, {})
            own = self.objects[path]
            if own is not None:
                nodes[path]["dynamic"] = own
        for path, found in sorted(self.fields.items()):
            parent, _, name = path.rpartition(".")
            nodes[parent].setdefault("properties", {})[name] = found.document()
        return root

    def _read(self, document: Json[str, Any], path: str) -> None:
        where = path or "_doc"
        for key in document:
            if key not in ("properties", "dynamic", "type"):
                raise _refused(f"Mapping parameter [{key}] of [{where}]")
        own = document.get("dynamic")
        if own is not None:
            own = str(own).lower()
            if own not in ("true", "false", "strict"):
                raise _refused(f"dynamic [{own}]")
        self.objects[path] = own
        for name, child in (document.get("properties") or {}).items():
            if not name or not isinstance(child, dict):
                raise SearchError("mapper_parsing_exception", f"Expected map for property [{name}] on field [{where}]")
            full = f"{path}.{name}" if path else name
            if "properties" in child or child.get("type", "object" if "dynamic" in child else None) == "object":
                self._read(child, full)
            else:
                leaf = _leaf(full, child)
                self._put(leaf)

    def _put(self, leaf: Field) -> None:
        parent, _, name = leaf.path.rpartition(".")
        while parent and parent not in self.objects:  # a name with dots
            self.objects[parent] = None
            parent = parent.rpartition(".")[0]
        if not name:
            raise illegal("field name cannot be an empty string")
        self.fields[leaf.path] = leaf


def _leaf(path: str, document: Json[str, Any]) -> Field:
    kind = document.get("type")
    if kind is None:
        raise SearchError("mapper_parsing_exception", f"No type specified for field [{path.rpartition('.')[2]}]")
    if kind not in TYPES:
        raise _refused(f"The type [{kind}] of field [{path}]")
    parameters = {key: value for key, value in document.items() if key != "type"}
    allowed = _PARAMETERS.get(kind, set())
    for key, value in parameters.items():
        if key in ("index", "doc_values") and value is True:
            continue
        if key not in allowed:
            raise _refused(f"Mapping parameter [{key}] of field [{path}]")
    parameters = {key: value for key, value in parameters.items() if key in allowed}
    if kind == "date":
        date_format(parameters.get("format", "strict_date_optional_time"))
    for name, sub in (parameters.get("fields") or {}).items():
        if sub.get("type") != "keyword" or sub.keys() - {"type", "ignore_above"}:
            raise _refused(f"The subfield [{path}.{name}], other than a keyword,")
    return Field(path, kind, parameters, column=path)


def guessed(path: str, value: Any) -> Field:
    """The field that dynamic mapping makes of a value."""
    if isinstance(value, bool):
        return Field(path, "boolean", column=path)
    if isinstance(value, int):
        return Field(path, "long", column=path)
    if isinstance(value, float):
        return Field(path, "float", column=path)
    if isinstance(value, str) and _DATE.fullmatch(value) and "-" in value:
        return Field(path, "date", column=path)
    return Field(path, "text", {"fields": {"keyword": {"type": "keyword", "ignore_above": IGNORE_ABOVE}}}, column=path)


def _refused(what: str) -> SearchError:
    return SearchError("mapper_parsing_exception", unsupported(what).reason)
