"""The engine: Timestream's two APIs, which sign as one service and share the names of their operations."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.control.databases import Databases
from aws_stage.engines.timestream.control.tables import Tables
from aws_stage.engines.timestream.control.tagging import Tagging
from aws_stage.engines.timestream.metrics import Metrics
from aws_stage.kernel.engine import Call, Handler, Stage

if TYPE_CHECKING:
    from aws_stage.engines.timestream.data_plane import DataPlane

SERVICE = "timestream"
_MINUTES = 1440
"""For how long a client may keep the address, as AWS answers it (developer guide, "The endpoint discovery pattern")."""


class TimestreamEngine:
    """Owns the service that signs as ``timestream``."""

    name = "timestream"
    owns = frozenset({SERVICE})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._catalogue = catalogue = Catalogue(stage.store(self.name))
        self._metrics = Metrics(lambda: stage.client("cloudwatch"), stage.clock)
        self._lock = threading.Lock()
        self._data: DataPlane | None = None
        if (stage.settings.state_dir / "timestream").exists():
            self._opened()  # a damaged file stops the start
        databases = Databases(stage, catalogue)
        tables = Tables(stage, catalogue, self._expire, self._drop)
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
            "WriteRecords": lambda call: self._opened().write(call),
            "Query": lambda call: self._opened().query(call),
            "CancelQuery": lambda call: self._opened().cancel(call),
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (SERVICE, operation): self._metrics.measured(handler) for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """Begin to publish metrics."""
        self._metrics.start()

    def stop(self) -> None:
        """Publish what is left, end queries, close the file."""
        self._metrics.stop()
        with self._lock:
            if self._data is not None:
                self._data.close()

    def _opened(self) -> DataPlane:
        """The records, opened by the first use where there are none: DuckDB costs memory, and a start its time."""
        with self._lock:
            if self._data is None:
                from aws_stage.engines.timestream.data_plane import DataPlane

                self._data = DataPlane(self._stage, self._catalogue)
            return self._data

    def _expire(self, table: Table) -> None:
        if self._data is not None:
            self._data.expire(table)

    def _drop(self, table: Table) -> None:
        if self._data is not None:
            self._data.drop(table)

    def _describe_endpoints(self, _call: Call) -> dict[str, Any]:
        """DescribeEndpoints: this stage. Clients take an address without a scheme for one of TLS."""
        address = f"http://localhost:{self._stage.settings.port}"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _MINUTES}]}
