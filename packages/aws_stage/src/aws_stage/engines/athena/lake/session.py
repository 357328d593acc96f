"""The DuckDB connection of one query: fresh, bounded, and blind to everything but the query's own objects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from trino_on_duckdb import prepare

from aws_stage.engines.athena.lake.filesystem import PROTOCOL, QueryFiles
from aws_stage.engines.athena.lake.serdes import json_texts

MEMORY_LIMIT = "1GB"
SPILL_LIMIT = "10GB"
THREADS = 2


@contextmanager
def connected(files: QueryFiles, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can open ``files`` and nothing else; it spills into ``spill``, which is removed afterwards.

    ``enable_external_access=false`` closes the machine's files, the network, ATTACH, COPY, INSTALL and LOAD;
    ``allowed_directories`` opens our own file system alone; ``lock_configuration`` keeps it so.
    """
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir(parents=True)
    connection = duckdb.connect(
        config={
            "threads": THREADS,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(spill),
            "max_temp_directory_size": SPILL_LIMIT,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
    )
    try:
        connection.register_filesystem(files)
        prepare(connection)
        json_texts.register(connection)
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET enable_external_file_cache = false")
        connection.execute(f"SET allowed_directories = ['{PROTOCOL}://']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
