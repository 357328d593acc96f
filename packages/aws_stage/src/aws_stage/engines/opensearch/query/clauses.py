"""The query DSL as conditions of SQL.

docs.opensearch.org/latest/query-dsl/. Nothing is scored: a query says which documents are found, and no more. What a
condition gives for a document may be NULL, which counts as not found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, only, parsing, unsupported
from aws_stage.engines.opensearch.index.dates import date_format, zone
from aws_stage.engines.opensearch.index.fields import Field
from aws_stage.engines.opensearch.query.relation import Relation
from aws_stage.engines.opensearch.query.values import equals, literal, moment

DEEPEST = 20
"""``indices.query.bool.max_nested_depth``."""
MOST_CLAUSES = 1024
"""``indices.query.bool.max_clause_count``."""
MOST_TERMS = 65_536
"""``index.max_terms_count``."""

_COMMON = frozenset({"boost", "_name"})
_RANGE = frozenset({"gte", "gt", "lte", "lt", "from", "to", "include_lower", "include_upper", "format", "time_zone"})
_OPERATORS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


def condition(relation: Relation, query: Any, depth: int = 0) -> str:
    """The condition of one query; raises SearchError for what the stage does not do."""
    query = dictionary(query, "query")
    if depth > DEEPEST:
        raise illegal(f"The query is nested more than {DEEPEST} deep")
    if len(query) != 1:
        if not query:
            raise illegal("query malformed, empty clause found")
        raise parsing(f"[{next(iter(query))}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")
    [(kind, body)] = query.items()
    if kind == "bool":
        return _bool(relation, dictionary(body, "bool"), depth)
    clause = _CLAUSES.get(kind)
    if clause is None:
        raise SearchError("parsing_exception", f"unknown query [{kind}], or one that the local stage does not support")
    return clause(relation, dictionary(body, kind))


def _bool(relation: Relation, body: dict[str, Any], depth: int) -> str:
    only(
        body, {"must", "filter", "should", "must_not", "minimum_should_match", "adjust_pure_negative", *_COMMON}, "bool"
    )
    parts = {
        name: [condition(relation, each, depth + 1) for each in _several(body.get(name))]
        for name in ("must", "filter", "should", "must_not")
    }
    if sum(map(len, parts.values())) > MOST_CLAUSES:
        raise SearchError("too_many_clauses", f"maxClauseCount is set to {MOST_CLAUSES}", phase=True)
    found = [*parts["must"], *parts["filter"], *(f"({each}) IS NOT TRUE" for each in parts["must_not"])]
    should = parts["should"]
    wanted = body.get("minimum_should_match")
    if wanted is None:
        wanted = 0 if parts["must"] or parts["filter"] else min(1, len(should))
    least = _count(wanted, len(should))
    if least > len(should):
        return "FALSE"
    if least == 1:
        found.append(" OR ".join(f"({each})" for each in should))
    elif least > 1:
        found.append(" + ".join(f"(CASE WHEN {each} THEN 1 ELSE 0 END)" for each in should) + f" >= {least}")
    return " AND ".join(f"({each})" for each in found) or "TRUE"


def _count(wanted: Any, clauses: int) -> int:
    try:
        number = int(wanted)
    except (TypeError, ValueError):
        raise unsupported(f"minimum_should_match [{wanted}]") from None
    return number if number >= 0 else max(0, clauses + number)


def _match_all(_relation: Relation, body: dict[str, Any]) -> str:
    only(body, _COMMON, "match_all")
    return "TRUE"


def _match_none(_relation: Relation, body: dict[str, Any]) -> str:
    only(body, _COMMON, "match_none")
    return "FALSE"


def _term(relation: Relation, body: dict[str, Any]) -> str:
    path, value = _one_field("term", body, "value")
    field = _exact(relation, path, "term")
    return "FALSE" if field is None else equals(relation, field, value)


def _terms(relation: Relation, body: dict[str, Any]) -> str:
    path = _only_name("terms", body)
    values = body[path]
    if not isinstance(values, list):
        raise unsupported("A terms lookup" if isinstance(values, dict) else "[terms] with anything but an array")
    if len(values) > MOST_TERMS:
        raise illegal(f"The number of terms [{len(values)}] is over the allowed maximum of [{MOST_TERMS}]", phase=True)
    field = _exact(relation, path, "terms")
    if field is None or not values:
        return "FALSE"
    if field.kind == "date":
        return " OR ".join(equals(relation, field, value) for value in values)
    return f"{relation.column(field)} IN ({', '.join(literal(field, value) for value in values)})"


def _match(relation: Relation, body: dict[str, Any]) -> str:
    path, value = _one_field("match", body, "query")
    field = _exact(relation, path, "match")
    return "FALSE" if field is None else equals(relation, field, value)


def _range(relation: Relation, body: dict[str, Any]) -> str:
    path = _only_name("range", body)
    limits = dictionary(body[path], path)
    only(limits, _RANGE | _COMMON, "range")
    field = _exact(relation, path, "range")
    if field is None:
        return "FALSE"
    if field.kind == "boolean":
        raise unsupported("A range of booleans")
    if field.kind != "date" and ("format" in limits or "time_zone" in limits):
        name = "time_zone" if "time_zone" in limits else "format"
        reason = f"Field [{path}] of type [{field.kind}] does not support DATE_PARSING ([{name}])"
        raise illegal(reason, phase=True)
    bounds = {name: limits[name] for name in _OPERATORS if limits.get(name) is not None}
    if limits.get("from") is not None:
        bounds["gte" if limits.get("include_lower", True) else "gt"] = limits["from"]
    if limits.get("to") is not None:
        bounds["lte" if limits.get("include_upper", True) else "lt"] = limits["to"]
    column = relation.column(field)
    parts = [f"{column} {_OPERATORS[name]} {_bound(relation, field, name, bounds[name], limits)}" for name in bounds]
    return " AND ".join(parts) or f"{column} IS NOT NULL"


def _bound(relation: Relation, field: Field, name: str, value: Any, limits: dict[str, Any]) -> str:
    if field.kind != "date":
        return literal(field, value)
    where = zone(limits["time_zone"]) if "time_zone" in limits else zone("UTC")
    form = date_format(limits["format"]) if "format" in limits else None
    return sql.literal(moment(relation, field, value, up=name in ("gt", "lte"), zone=where, form=form))


def _exists(relation: Relation, body: dict[str, Any]) -> str:
    only(body, {"field", *_COMMON}, "exists")
    path = body.get("field")
    if not isinstance(path, str):
        raise parsing("[exists] must be provided with a [field]")
    below: dict[str, Field] = {}
    for index in relation.indices:
        below.update({each.path: each for each in index.mapping.below(path)})
    found = [relation.field(name) for name in below] or [relation.field(path)]
    return " OR ".join(f"({relation.column(each)}) IS NOT NULL" for each in found if each is not None) or "FALSE"


def _ids(_relation: Relation, body: dict[str, Any]) -> str:
    only(body, {"values", *_COMMON}, "ids")
    values = body.get("values")
    if not isinstance(values, list):
        raise parsing("[ids] requires [values], an array")
    return f"_id IN ({', '.join(sql.literal(str(value)) for value in values)})" if values else "FALSE"


def _only_name(kind: str, body: dict[str, Any]) -> str:
    names = [name for name in body if name not in _COMMON]
    if len(names) != 1:
        raise parsing(f"[{kind}] query requires exactly one field")
    return names[0]


def _one_field(kind: str, body: dict[str, Any], key: str) -> tuple[str, Any]:
    """Field and value of ``{field: value}`` or ``{field: {key: value}}``."""
    if len(body) != 1:
        raise parsing(f"[{kind}] query doesn't support multiple fields")
    [(path, value)] = body.items()
    if isinstance(value, dict):
        only(value, {key, *_COMMON}, kind)
        if key not in value:
            raise parsing(f"[{kind}] requires [{key}]")
        value = value[key]
    return path, value


def _exact(relation: Relation, path: str, kind: str) -> Field | None:
    """The field; raises for a text, whose words are not indexed here."""
    if path in ("_id", "_index"):
        raise unsupported(f"[{kind}] on [{path}]")
    field = relation.field(path)
    if field is not None and field.kind == "text":
        raise unsupported(f"[{kind}] on the text [{path}], other than by its keyword [{path}.keyword],")
    return field


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_CLAUSES: dict[str, Callable[[Relation, dict[str, Any]], str]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "term": _term,
    "terms": _terms,
    "match": _match,
    "match_phrase": _match,
    "range": _range,
    "exists": _exists,
    "ids": _ids,
}
