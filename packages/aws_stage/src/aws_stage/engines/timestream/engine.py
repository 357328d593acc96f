"""The engine: Timestream's two APIs, which sign as one service and share the names of their operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.timestream.control.catalogue import Catalogue
from aws_stage.engines.timestream.control.databases import Databases
from aws_stage.engines.timestream.control.tables import Tables
from aws_stage.engines.timestream.control.tagging import Tagging
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
        databases = Databases(stage, catalogue)
        tables = Tables(stage, catalogue, lambda _table: None, lambda _table: None)
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
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (SERVICE, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        """Nothing runs by itself."""

    def stop(self) -> None:
        """Nothing to flush."""

    def _describe_endpoints(self, _call: Call) -> dict[str, Any]:
        """DescribeEndpoints: this stage. Clients take an address without a scheme for one of TLS."""
        address = f"http://localhost:{self._stage.settings.port}"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _MINUTES}]}
