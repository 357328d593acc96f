"""Reading DDL, SHOW and prepared statements."""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.statements import alter, create, show
from aws_stage.engines.athena.statements.cursor import Cursor
from aws_stage.engines.athena.statements.tree import (
    Deallocate,
    Describe,
    DropDatabase,
    DropTable,
    DropView,
    Execute,
    Prepare,
    RepairTable,
    Statement,
)


def parse_statement(sql: str) -> Statement:
    """The statement of a text; QueryError SYNTAX_ERROR where it stops being one."""
    cursor = Cursor(sql)
    reader = _READERS.get(cursor.token.upper)
    if reader is None:
        raise cursor.wrong(
            ", ".join(f"'{word}'" for word in (*_READERS, "INSERT", "SELECT", "UNLOAD", "VALUES", "WITH"))
        )
    cursor.next()
    statement = reader(cursor)
    cursor.end()
    return statement


def _drop(cursor: Cursor) -> Statement:
    if cursor.skip("VIEW"):
        if_exists = cursor.skip("IF", "EXISTS")
        return DropView(cursor.name(hive=cursor.token.kind == "backquoted"), if_exists)
    if cursor.skip("TABLE"):
        if_exists = cursor.skip("IF", "EXISTS")
        return DropTable(cursor.name(), if_exists)
    if cursor.skip("DATABASE") or cursor.skip("SCHEMA"):
        if_exists = cursor.skip("IF", "EXISTS")
        name = cursor.identifier()
        cascade = cursor.skip("CASCADE")
        if not cascade:
            cursor.skip("RESTRICT")
        return DropDatabase(name, if_exists, cascade)
    raise cursor.wrong("'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'")


def _repair(cursor: Cursor) -> Statement:
    cursor.expect("REPAIR", "TABLE")
    return RepairTable(cursor.name())


def _describe(cursor: Cursor) -> Statement:
    if cursor.at("EXTENDED") or cursor.at("FORMATTED"):
        raise QueryError("NOT_SUPPORTED", f"DESCRIBE {cursor.token.upper} is not supported by the local stage")
    cursor.skip("TABLE")
    return Describe(cursor.name(hive=cursor.token.kind != "quoted"))


def _prepare(cursor: Cursor) -> Statement:
    name = cursor.identifier(hive=False)
    cursor.expect("FROM")
    return Prepare(name, cursor.rest())


def _execute(cursor: Cursor) -> Statement:
    name = cursor.identifier(hive=False)
    arguments = []
    if cursor.skip("USING"):
        arguments.append(cursor.until(","))
        while cursor.skip(","):
            arguments.append(cursor.until(","))
    return Execute(name, tuple(arguments))


def _deallocate(cursor: Cursor) -> Statement:
    cursor.expect("PREPARE")
    return Deallocate(cursor.identifier(hive=False))


def _refuse(what: str) -> Callable[[Cursor], Statement]:
    def refuse(_cursor: Cursor) -> Statement:
        raise QueryError("NOT_SUPPORTED", f"{what} is not supported by the local stage")

    return refuse


_READERS: dict[str, Callable[[Cursor], Statement]] = {
    "ALTER": alter.read_alter,
    "CREATE": create.read_create,
    "DEALLOCATE": _deallocate,
    "DESC": _describe,
    "DESCRIBE": _describe,
    "DROP": _drop,
    "EXECUTE": _execute,
    "MSCK": _repair,
    "PREPARE": _prepare,
    "SHOW": show.read_show,
    "ANALYZE": _refuse("ANALYZE"),
    "DELETE": _refuse("DELETE (Iceberg)"),
    "MERGE": _refuse("MERGE INTO (Iceberg)"),
    "OPTIMIZE": _refuse("OPTIMIZE (Iceberg)"),
    "USING": _refuse("USING EXTERNAL FUNCTION"),
    "UPDATE": _refuse("UPDATE (Iceberg)"),
    "VACUUM": _refuse("VACUUM (Iceberg)"),
}
