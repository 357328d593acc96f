"""What a statement is, from its first words: Athena's statement type and where its output goes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from trino_on_duckdb.errors import QueryError

from aws_stage.engines.athena.statements.lexer import tokens
from aws_stage.engines.athena.statements.parser import parse_statement
from aws_stage.engines.athena.statements.tree import Execute


@dataclass(frozen=True)
class Kind:
    """``type`` and ``substatement`` as GetQueryExecution shows them; ``output`` is the output object's name."""

    type: str
    substatement: str
    output: str


QUERY = "{id}.csv"
TEXT = "{id}.txt"
TABLE_DATA = "tables/{id}"
DATA = "{id}"

_UTILITIES = ("SHOW", "DESCRIBE", "DESC", "EXPLAIN")


def classify(sql: str) -> Kind:
    """The kind of a statement; a text that is none of Athena's counts as a query, and fails when it runs."""
    try:
        return _classify(sql)
    except QueryError:
        return Kind("DML", "SELECT", QUERY)


def executed(sql: str) -> str | None:
    """The name of the prepared statement that a text executes, None where it does not."""
    try:
        first = next(tokens(sql), None)
        if first is None or first.upper != "EXECUTE":
            return None
        statement = parse_statement(sql)
    except QueryError:
        return None
    return statement.name if isinstance(statement, Execute) else None


def _classify(sql: str) -> Kind:
    words = [token.upper for token in islice(tokens(sql), 40)]
    first = words[0] if words else ""
    second = words[1] if len(words) > 1 else ""
    if first in _UTILITIES:
        return Kind("UTILITY", "DESCRIBE_TABLE" if first in ("DESCRIBE", "DESC") else _name(first, words), TEXT)
    if first == "CREATE" and second == "TABLE" and _is_ctas(sql):
        return Kind("DDL", "CREATE_TABLE_AS_SELECT", TABLE_DATA)
    if first in ("CREATE", "DROP", "ALTER", "MSCK", "PREPARE", "DEALLOCATE"):
        return Kind("DDL", _name(first, words), TEXT)
    if first in ("INSERT", "UNLOAD"):
        return Kind("DML", first, DATA)
    if first == "EXECUTE":
        return Kind("DML", "EXECUTE", QUERY)
    return Kind("DML", "SELECT", QUERY)


def _name(first: str, words: list[str]) -> str:
    if first == "EXPLAIN":
        return "EXPLAIN"
    if first == "MSCK":
        return "MSCK_REPAIR"
    rest = [word for word in words[1:5] if word not in ("EXTERNAL", "OR", "REPLACE", "IF", "NOT", "EXISTS")]
    noun = rest[0] if rest else ""
    if first == "SHOW" and noun == "CREATE" and len(rest) > 1:
        noun = f"CREATE_{rest[1]}"
    return f"{first}_{'DATABASE' if noun == 'SCHEMA' else noun}".rstrip("_")


def _is_ctas(sql: str) -> bool:
    """``CREATE TABLE … AS query``: an AS outside all parentheses."""
    depth = 0
    for token in tokens(sql):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "symbol" else 0
        if depth == 0 and token.upper == "AS":
            return True
    return False
