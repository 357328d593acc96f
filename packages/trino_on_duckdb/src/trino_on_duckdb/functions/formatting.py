"""``format``: java.util.Formatter, for the conversions whose text is the same everywhere.

The format is read when the query is; each specifier becomes an expression of the argument that it takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trino_on_duckdb import types
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.tables import literal_text
from trino_on_duckdb.scalar_casts import text_of
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value, made_of, quoted

_SPECIFIER = re.compile(
    r"%(?:(?P<index>\d+)\$)?(?P<flags>[-#+ 0,(]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<conversion>[a-zA-Z%])|%"
)
_TEXTS = ("varchar", "boolean", *types.INTEGERS, "date", "json", "uuid")
"""Types whose ``%s`` is their cast to varchar; a double's is Java's own text."""


def format_text(values: list[Value], node: tree.Call) -> Value:
    """The call; QueryError (NOT_SUPPORTED) for a conversion or type that is not done here."""
    if not values:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"{node.place}: format takes a format and its arguments")
    pattern, *arguments = values
    written = literal_text(pattern, "format", "format")
    pieces: list[str] = []
    position = ordinary = 0
    for match in _SPECIFIER.finditer(written):
        pieces.append(quoted(written[position : match.start()]))
        position = match.end()
        if match["conversion"] in ("%", "n"):
            pieces.append(quoted("%" if match["conversion"] == "%" else "\n"))
            continue
        ordinary += match["index"] is None
        pieces.append(_specified(arguments, match, int(match["index"] or ordinary), node))
    pieces.append(quoted(written[position:]))
    return made_of(f"({' || '.join(pieces)})", types.VARCHAR, values)


def _specified(arguments: Sequence[Value], match: re.Match[str], number: int, node: tree.Call) -> str:
    """One specifier's text; NULL is ``null``, as Java writes it."""
    if not 1 <= number <= len(arguments):
        problem = f"Format specifier '{match.group()}' has no argument"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"{node.place}: {problem}")
    argument = arguments[number - 1]
    text = "'null'" if argument.type.kind == "unknown" else _text(argument, match)
    if text is None:
        problem = f"format: '{match.group()}' of {argument.type} is not supported by the local Athena"
        raise QueryError("NOT_SUPPORTED", f"{node.place}: {problem}")
    conversion = quoted(f"{match['conversion']}{match['flags']}")
    return f"athena_format(coalesce({text}, 'null'), {conversion}, {match['width'] or 0}, {match['precision'] or -1})"


def _text(argument: Value, match: re.Match[str]) -> str | None:
    """The text that the argument is formatted from, None where that is not done."""
    kind, conversion = argument.type.kind, match["conversion"]
    plain = conversion == "s" and not set(match["flags"] or "") - {"-"}
    if kind in ("real", "double"):
        return f"athena_{kind}_json({argument.sql})" if plain or conversion == "f" else None
    if kind == "decimal":
        # beyond six digits of fraction Java may write an exponent
        return (
            text_of(argument.sql, argument.type) if conversion == "f" or (plain and argument.type.scale <= 6) else None
        )
    if kind in types.INTEGERS and conversion == "d" and match["precision"] is None:
        return text_of(argument.sql, argument.type)
    return text_of(argument.sql, argument.type) if plain and kind in _TEXTS else None
