"""Writing results to S3 as Athena does."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from local.engines.athena.api.locations import Location
from local.engines.athena.dialect import Column, render
from local.engines.athena.running.columns import column_info, text_column
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.metadata import encode_metadata

BATCH = 4096
"""Rows fetched from DuckDB at a time."""
IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a result kept in memory before it is spooled to the stage's own folder."""


def write_rows(
    context: QueryContext, columns: Sequence[Column], fetch: Callable[[int], list[tuple[Any, ...]]]
) -> Outcome:
    """Write a query's rows as Athena's CSV: every value quoted, NULL as nothing, the names first."""
    renderers = [partial(render, type_text=column.type) for column in columns]
    count = 0
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(context.spill)) as spool:
        spool.write(_line(column.name for column in columns))
        while rows := fetch(BATCH):
            context.cancellation.check()
            count += len(rows)
            spool.write(
                b"".join(_line(renderer(value) for renderer, value in zip(renderers, row, strict=True)) for row in rows)
            )
        size = spool.tell()
        spool.seek(0)
        with context.timed("publishing"):
            context.store.write(context.output, spool, "text/csv", **context.encryption())
    infos = [column_info(column) for column in columns]
    _write_metadata(context, infos)
    return Outcome(infos, {"OutputRows": count, "OutputBytes": size})


def write_lines(context: QueryContext, names: Sequence[str], lines: Sequence[str]) -> Outcome:
    """Write the text answer of DDL, SHOW, DESCRIBE or EXPLAIN: one line a row."""
    body = "".join(f"{line}\n" for line in lines).encode()
    context.store.write(context.output, body, "text/plain", **context.encryption())
    infos = [text_column(name) for name in names]
    _write_metadata(context, infos)
    return Outcome(infos, {"OutputRows": len(lines), "OutputBytes": len(body)})


def write_manifest(context: QueryContext, objects: Sequence[Location]) -> str:
    """Write the list of the objects that CTAS, INSERT or UNLOAD made; returns where it is."""
    location = Location(context.output.bucket, f"{context.output.key}-manifest.csv")
    body = "".join(f"{item}\n" for item in objects).encode()
    context.store.write(location, body, "text/csv", **context.encryption())
    return str(location)


def _write_metadata(context: QueryContext, infos: list[dict[str, Any]]) -> None:
    location = Location(context.output.bucket, f"{context.output.key}.metadata")
    context.store.write(location, encode_metadata(infos), **context.encryption())


def _line(values: Iterable[str | None]) -> bytes:
    quoted = ("" if value is None else '"' + value.replace('"', '""') + '"' for value in values)
    return (",".join(quoted) + "\n").encode()
