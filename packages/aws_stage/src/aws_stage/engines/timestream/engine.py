"""The engine: Timestream's two APIs, which sign as one service and share the names of their operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.control.databases import Databases
from aws_stage.engines.timestream.control.tables import Tables
from aws_stage.engines.timestream.control.tagging import Tagging
from aws_stage.engines.timestream.retention import oldest_shown
from aws_stage.engines.timestream.store.records import LazyRecords
from aws_stage.engines.timestream.write.writer import Writer
from aws_stage.kernel.engine import Call, Handler, Stage

SERVICE = "timestream"
_MINUTES = 1440
"""For how long a client may keep the address, as AWS answers it (developer guide, "The endpoint discovery pattern")."""


class TimestreamEngine:
    """Owns the service that signs as ``timestream``."""

    name = "timestream"
    owns = frozenset({SERVICE})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        catalogue = Catalogue(stage.store(self.name))
        known = [table.uid for table in catalogue.tables()]
        path = stage.settings.state_dir / "timestream" / "records.duckdb"
        self._records = LazyRecords(path, stage.manifest, known)
        databases = Databases(stage, catalogue)
        tables = Tables(stage, catalogue, self._expire, self._drop)
        writer = Writer(catalogue, self._records, stage.clock, lambda _table, _rejected, _stored: None)
        tagging = Tagging(catalogue)
        handlers: dict[str, Handler] = {
            "DescribeEndpoints": self._describe_endpoints,
            "CreateDatabase": databases.create,
            "DescribeDatabase": databases.describe,
            "ListDatabases": databases.list,
            "UpdateDatabase": databases.update,
            "DeleteDatabase": databases.delete,
            "CreateTable": tables.create,
            "DescribeTable": tables.describe,
            "ListTables": tables.list,
            "UpdateTable": tables.update,
            "DeleteTable": tables.delete,
            "TagResource": tagging.add,
            "UntagResource": tagging.remove,
            "ListTagsForResource": tagging.list,
            "WriteRecords": writer.write,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (SERVICE, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """Nothing runs by itself."""

    def stop(self) -> None:
        self._records.close()

    def _expire(self, table: Table) -> None:
        records = self._records.if_any()
        if records is not None:
            records.expire(table.uid, oldest_shown(table, self._stage.clock.now()))

    def _drop(self, table: Table) -> None:
        records = self._records.if_any()
        if records is not None:
            records.drop(table.uid)

    def _describe_endpoints(self, _call: Call) -> dict[str, Any]:
        """DescribeEndpoints: this stage. Clients take an address without a scheme for one of TLS."""
        address = f"http://localhost:{self._stage.settings.port}"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _MINUTES}]}
