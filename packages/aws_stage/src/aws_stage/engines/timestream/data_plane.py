"""What works on records: one file, the writes, the queries. Importing this imports DuckDB."""

from __future__ import annotations

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.query.queries import Queries
from aws_stage.engines.timestream.retention import oldest_shown
from aws_stage.engines.timestream.store.records import Records
from aws_stage.engines.timestream.write.writer import Writer
from aws_stage.kernel.engine import Stage


class DataPlane:
    """Opening it raises ConfigurationError when the stored records are damaged."""

    def __init__(self, stage: Stage, catalogue: Catalogue) -> None:
        path = stage.settings.state_dir / "timestream" / "records.duckdb"
        known = [table.uid for table in catalogue.tables()]
        self._clock = stage.clock
        self._records = Records(path, stage.manifest, known)
        self._queries = Queries(catalogue, self._records, stage.clock)
        self.query, self.cancel = self._queries.query, self._queries.cancel
        self.write = Writer(catalogue, self._records, stage.clock).write

    def expire(self, table: Table) -> None:
        """Delete what has expired, so that a longer retention does not bring it back."""
        self._records.expire(table.uid, oldest_shown(table, self._clock.now()))

    def drop(self, table: Table) -> None:
        """Delete a table's records."""
        self._records.drop(table.uid)

    def close(self) -> None:
        """End what runs, and close the file."""
        self._queries.close()
        self._records.close()
