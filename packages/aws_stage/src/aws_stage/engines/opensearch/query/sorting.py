"""Sorting, and going on after a hit.

docs.opensearch.org/latest/search-plugins/searching-data/sort/ and …/paginate/#the-search_after-parameter
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, only, unsupported
from aws_stage.engines.opensearch.index.dates import date_format
from aws_stage.engines.opensearch.index.fields import Field
from aws_stage.engines.opensearch.query.relation import Relation

_LONGEST = 2**63 - 1


@dataclass(frozen=True)
class Key:
    """One key: an expression that is never NULL, unless it is of a text, whose NULL comes last or first by ``last``.

    ``field`` is None for the order of the index.
    """

    expression: str
    field: Field | None
    descending: bool
    last: bool
    format: str | None = None

    def order(self) -> str:
        """A term of ORDER BY."""
        return f"{self.expression} {'DESC' if self.descending else 'ASC'} NULLS {'LAST' if self.last else 'FIRST'}"

    def shown(self, value: Any) -> Any:
        """The value as a hit's ``sort`` has it."""
        if isinstance(value, float) and math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if self.format is not None and self.field is not None and abs(value) < _LONGEST:
            return date_format(self.format).write(value)
        return value

    def after(self, value: Any) -> tuple[str, str]:
        """Conditions: behind ``value``, and level with it."""
        if value is None:
            behind = "FALSE" if self.last else f"{self.expression} IS NOT NULL"
            return behind, f"{self.expression} IS NULL"
        text = self._literal(value)
        behind = f"{self.expression} {'<' if self.descending else '>'} {text}"
        nulls = f" OR {self.expression} IS NULL" if self.last else ""
        return f"({behind}{nulls})", f"{self.expression} = {text}"

    def _literal(self, value: Any) -> str:
        kind = self.field.kind if self.field is not None else "long"
        try:
            if kind == "keyword":
                return sql.literal(str(value))
            if kind == "date" and isinstance(value, str):
                form = date_format(self.format) if self.format else self.field.date_format if self.field else None
                return sql.literal(form.parse(value) if form else int(value))
            if kind in ("double", "float"):
                return sql.literal(float(value))
            return sql.literal(int(value))
        except (TypeError, ValueError) as error:
            raise illegal(f"Failed to parse search_after value for field [{value}].", phase=True) from error


def keys(relation: Relation, given: Any) -> list[Key]:
    """The keys of a request's ``sort``."""
    given = given if isinstance(given, list) else [given]
    return [_key(relation, each) for each in given]


def _key(relation: Relation, given: Any) -> Key:
    if isinstance(given, str):
        given = {given: {}}
    given = dictionary(given, "sort")
    if len(given) != 1:
        raise illegal("[sort] expects one field in each object")
    [(path, options)] = given.items()
    options = {"order": options} if isinstance(options, str) else dictionary(options, path)
    only(options, {"order", "missing", "unmapped_type", "format"}, "field_sort")
    order = str(options.get("order", "desc" if path == "_score" else "asc")).lower()
    missing = options.get("missing", "_last")
    if order not in ("asc", "desc"):
        raise illegal(f"Unknown SortOrder [{order}]")
    if missing not in ("_last", "_first"):
        raise unsupported(f"[missing] of a sort other than _last and _first ([{missing}])")
    descending, last = order == "desc", missing == "_last"
    if path == "_doc":
        return Key("(CAST(_place AS BIGINT) << 40) + _row", None, descending, last)
    if path == "_score":
        return Key("1.0", None, descending, last)
    if path.startswith("_"):
        raise unsupported(f"Sorting by [{path}]")
    field = relation.field(path)
    if field is None:
        if "unmapped_type" not in options:
            reason = f"No mapping found for [{path}] in order to sort on"
            raise SearchError("query_shard_exception", reason, phase=True)
        return Key(sql.literal(_absent("long", descending, last)), None, descending, last)
    if not field.is_aggregatable:
        raise no_fielddata(path)
    column = relation.column(field)
    if field.kind == "keyword":
        return Key(column, field, descending, last)
    value = f"CAST({column} AS {'DOUBLE' if field.kind in ('double', 'float') else 'BIGINT'})"
    absent = sql.literal(_absent(field.kind, descending, last))
    return Key(f"coalesce({value}, {absent})", field, descending, last, options.get("format"))


def _absent(kind: str, descending: bool, last: bool) -> float:
    """What counts for a document without the field: the end of the range that it is to be at."""
    high = descending != last
    if kind in ("double", "float"):
        return math.inf if high else -math.inf
    limit = 2**31 if kind in ("byte", "short", "integer", "boolean") else 2**63
    return limit - 1 if high else -limit


def no_fielddata(path: str) -> SearchError:
    """A text can be neither sorted nor aggregated."""
    return illegal(
        f"Text fields are not optimised for operations that require per-document field data like aggregations and "
        f"sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, "
        f"set fielddata=true on [{path}] in order to load field data by uninverting the inverted index. Note that "
        "this can use significant memory.",
        phase=True,
    )


def behind(sort: list[Key], values: Any) -> str:
    """The condition of being after a hit with these sort values."""
    if not isinstance(values, list) or len(values) != len(sort):
        count = len(values) if isinstance(values, list) else 1
        raise illegal(f"search_after has {count} value(s) but sort has {len(sort)}.", phase=True)
    alternatives, level = [], "TRUE"
    for key, value in zip(sort, values, strict=True):
        beyond, equal = key.after(value)
        alternatives.append(f"({level} AND {beyond})")
        level = f"{level} AND {equal}"
    return " OR ".join(alternatives)
