"""The DuckDB file of one domain, and its errors as OpenSearch words them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.storage.duckdb_file import DiskFullError, DuckDbFile, QueryTooLargeError
from aws_stage.storage.manifest.unlisted import StoreManifest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS indices (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE TABLE IF NOT EXISTS templates (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE SEQUENCE IF NOT EXISTS tables;
CREATE TABLE IF NOT EXISTS policies (name VARCHAR PRIMARY KEY, body VARCHAR);
CREATE TABLE IF NOT EXISTS saved_objects (type VARCHAR, id VARCHAR, body VARCHAR, PRIMARY KEY (type, id));
"""


class ClusterDatabase:
    """Opening it raises ConfigurationError when the file is damaged, or holds less than was acknowledged."""

    def __init__(self, path: Path, manifest: StoreManifest) -> None:
        self._file = DuckDbFile(path, manifest, _SCHEMA)
        self.close = self._file.close

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction that nobody else writes meanwhile; raises SearchError when the disk is full."""
        try:
            with self._file.writing() as connection:
                yield connection
        except DiskFullError as error:
            reason = f"blocked by: [TOO_MANY_REQUESTS/12/{error}];"
            raise SearchError("cluster_block_exception", reason, 429) from error

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that sees one moment of the data, for a minute at most."""
        try:
            with self._file.reading() as connection:
                yield connection
        except TimeoutError as error:
            raise SearchError("timeout_exception", f"the search is ended: {error}", 504, phase=True) from error
        except QueryTooLargeError as error:
            reason = f"[parent] Data too large, the search is ended: {error}"
            raise SearchError("circuit_breaking_exception", reason, 429, phase=True) from error
