"""Values in a query, as SQL of their field's type."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import SearchError, illegal
from aws_stage.engines.opensearch.index.date_math import resolve
from aws_stage.engines.opensearch.index.dates import DateFormat
from aws_stage.engines.opensearch.index.fields import Field, as_number, boolean
from aws_stage.engines.opensearch.query.relation import Relation

WHOLE = frozenset({"byte", "short", "integer", "long"})


def equals(relation: Relation, field: Field, value: Any) -> str:
    """``field = value``; of a date the whole span that a shortened one names."""
    if isinstance(value, dict | list) or value is None:
        raise illegal(f"[term] query on [{field.path}] does not take {type(value).__name__} as its value")
    column = relation.column(field)
    if field.kind == "date":
        low, high = (moment(relation, field, value, up=up) for up in (False, True))
        return f"{column} BETWEEN {low} AND {high}"
    return f"{column} = {literal(field, value)}"


def literal(field: Field, value: Any) -> str:
    """A value that is compared with a field other than a date; raises as OpenSearch does where it is none."""
    try:
        if field.kind in ("keyword", "text"):
            return sql.literal(_text(value))
        if field.kind == "boolean":
            return sql.literal(boolean(value))
        number = as_number(value)
    except SearchError as error:
        reason = f"failed to create query: {error.reason}"
        raise SearchError("query_shard_exception", reason, cause=error, phase=True) from error
    if field.kind == "float":
        return f"CAST({sql.literal(float(number))} AS FLOAT)"
    if field.kind in WHOLE and isinstance(number, float) and number.is_integer():
        return sql.literal(int(number))
    return sql.literal(number if field.kind in WHOLE else float(number))


def moment(
    relation: Relation, field: Field, value: Any, *, up: bool, zone: tzinfo = UTC, form: DateFormat | None = None
) -> int:
    """Milliseconds of a date in a query."""
    try:
        return resolve(value, form or field.date_format, relation.now, zone, up=up)
    except SearchError as error:
        reason = f"failed to parse date field [{value}] with format [{(form or field.date_format).text}]"
        raise SearchError("parse_exception", f"{reason}: [{error.reason}]", phase=True) from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
