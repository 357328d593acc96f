"""Writing results to S3 as Athena does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

from trino_on_duckdb import Translation, render

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake.relations import Lake
from aws_stage.engines.athena.running.columns import column_info, text_column
from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.metadata import encode_metadata
from aws_stage.engines.athena.running.texts import text_sql

BATCH = 4096
"""Rows fetched from DuckDB at a time."""
IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a result kept in memory before it is spooled to the stage's own folder."""


def write_rows(context: QueryContext, lake: Lake, translation: Translation) -> Outcome:
    """Run a query and write its rows as Athena's CSV: the names first, every value quoted, NULL as nothing."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(context.spill)) as spool:
        out = cast("BinaryIO", spool)
        out.write(_line(column.name for column in translation.columns))
        texts = [text_sql(f"c{index}", column.type) for index, column in enumerate(translation.columns)]
        if None in texts:
            count = _write_by_python(context, lake, translation, out)
        else:
            count = _write_by_duckdb(lake, translation, [str(text) for text in texts], out)
        size = out.tell()
        out.seek(0)
        with context.timed("publishing"):
            context.store.write(context.output, out, "text/csv", **context.put_options())
    infos = [column_info(column) for column in translation.columns]
    _write_metadata(context, infos)
    return Outcome(infos, {"OutputRows": count, "OutputBytes": size})


def write_lines(context: QueryContext, names: Sequence[str], lines: Sequence[str]) -> Outcome:
    """Write the text answer of DDL, SHOW, DESCRIBE or EXPLAIN: one line a row."""
    body = "".join(f"{line}\n" for line in lines).encode()
    context.store.write(context.output, body, "text/plain", **context.put_options())
    infos = [text_column(name) for name in names]
    _write_metadata(context, infos)
    return Outcome(infos, {"OutputRows": len(lines), "OutputBytes": len(body)})


def write_manifest(context: QueryContext, objects: Sequence[Location]) -> str:
    """Write the list of the objects that CTAS, INSERT or UNLOAD made; returns where it is."""
    location = Location(context.output.bucket, f"{context.output.key}-manifest.csv")
    body = "".join(f"{item}\n" for item in objects).encode()
    context.store.write(location, body, "text/csv", **context.put_options())
    return str(location)


def _write_by_duckdb(lake: Lake, translation: Translation, texts: Sequence[str], out: BinaryIO) -> int:
    names = ", ".join(f"c{index}" for index in range(len(texts)))
    with lake.files.writing(out) as name:
        counted = lake.connection.execute(
            f"COPY (SELECT {', '.join(texts)} FROM ({translation.sql}) AS result({names})) TO '{name}' "
            "(FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '', USE_TMP_FILE false)"
        ).fetchone()
    return int(counted[0]) if counted else 0


def _write_by_python(context: QueryContext, lake: Lake, translation: Translation, out: BinaryIO) -> int:
    renderers = [partial(render, type_text=column.type) for column in translation.columns]
    cursor = lake.connection.execute(translation.sql)
    count = 0
    while rows := cursor.fetchmany(BATCH):
        context.cancellation.check()
        count += len(rows)
        out.write(b"".join(_line(write(value) for write, value in zip(renderers, row, strict=True)) for row in rows))
    return count


def _write_metadata(context: QueryContext, infos: list[dict[str, Any]]) -> None:
    location = Location(context.output.bucket, f"{context.output.key}.metadata")
    context.store.write(location, encode_metadata(infos), **context.put_options())


def _line(values: Iterable[str | None]) -> bytes:
    quoted = ("" if value is None else '"' + value.replace('"', '""') + '"' for value in values)
    return (",".join(quoted) + "\n").encode()
