"""Databases of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from aws_stage.patches.glue.pages import page
from aws_stage.patches.glue.records import Operation, Record, Records, shown

_PAGE = 100


class Databases:
    """Reads and updates databases; ministack makes and deletes them, with their tags."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.operations: Mapping[str, Operation] = {
            "GetDatabase": lambda data: {"Database": shown(records.database(data["Name"]))},
            "GetDatabases": self._get_all,
            "UpdateDatabase": self._update,
        }

    def _get_all(self, data: Record) -> Record:
        found, more = page(self._records.databases.values(), lambda database: [database["Name"]], data, _PAGE)
        return {"DatabaseList": [shown(database) for database in found], **more}

    def _update(self, data: Record) -> Record:
        """Replace the whole definition."""
        database = self._records.database(data["Name"])
        kept = {name: database[name] for name in ("CreateTime", "CatalogId") if name in database}
        given = data["DatabaseInput"]
        self._records.databases[data["Name"]] = {"Parameters": {}, **given, "Name": data["Name"], **kept}
        return {}
