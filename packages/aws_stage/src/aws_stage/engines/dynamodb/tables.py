"""The items of every table: rows in SQLite, which are there before the call that wrote them is answered.

ministack keeps the items of all tables in memory, some 6 KB each, and in the service's one state file, which would be
written whole, every item of every table, each time that anything changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aws_stage.engines.dynamodb.items import Items, KeySchema
from aws_stage.errors import ConfigurationError
from aws_stage.gateway.protocol import encode
from aws_stage.storage.items import ItemStore

Table = dict[str, Any]

RECLAIM_ROWS = 500
_APART = "apart"
"""What the state file has in place of a table's items."""


class Tables:
    """The items of every table of ``dynamodb`` (ministack's module), in ``store``.

    Raises ConfigurationError when the store has items and there is no ``state_file`` that names their tables.
    """

    def __init__(self, dynamodb: Any, store: ItemStore, state_file: Path) -> None:
        self._dynamodb = dynamodb
        self._store = store
        self._state_file = state_file
        self._restored = not state_file.exists()
        self._deleted = threading.Event()
        self._stopping = False
        self._reclaiming = threading.Thread(target=self._reclaim, name="dynamodb-reclaim", daemon=True)
        if self._restored:
            self._refuse_orphans(set())

    def start(self) -> None:
        """Begin to remove the rows of deleted tables."""
        self._reclaiming.start()

    def stop(self) -> None:
        """Stop removing them; what is left is removed after the next start."""
        self._stopping = True
        self._deleted.set()
        if self._reclaiming.is_alive():
            self._reclaiming.join()

    async def in_transaction(self, handle: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Let ministack handle a call in one transaction, which ends before the call is answered."""
        try:
            with self._store.transaction():  # nothing in ministack's function waits, so no other call comes between
                return await handle(*args)
        except Exception:
            self.recount_all()
            raise

    def load(self, load: Callable[[Any], None], data: Any) -> None:
        """Let ministack restore its state, and join its tables with their items."""
        load(data)
        self.restored()

    def of(self, table: Table) -> Items:
        """The items of a table; what ministack put there as a dictionary is moved to the store first."""
        found = table["items"]
        if isinstance(found, Items):
            return found
        identity = table.setdefault("TableId", self._dynamodb.new_uuid())
        items = table["items"] = Items(self._store.open(identity), KeySchema(table))
        with self._store.transaction():
            if found:
                items.rows.clear()
            for pk, partition in found.items():
                for sk, item in partition.items():
                    self._put(table, items, pk, sk, item)
        self.recount(table)
        return items

    def recount(self, table: Table) -> None:
        """Count a table's items again, and let its indexes be built again when they are asked."""
        table["ItemCount"], table["TableSizeBytes"] = self.of(table).rows.totals()
        table.pop(self._dynamodb._INDEX_MEMBERS, None)

    def recount_all(self) -> None:
        """Count every table again, after writes that were rolled back."""
        for table in list(self._dynamodb._tables._data.values()):
            self.recount(table)

    def set_item(self, table: Table, pk: str, sk: str, item: dict[str, Any]) -> None:
        """In place of ministack's ``_set_item``."""
        items = self.of(table)
        old_size = self._unindex(table, items, pk, sk)
        table["ItemCount"] += old_size is None
        table["TableSizeBytes"] += self._put(table, items, pk, sk, item) - (old_size or 0)
        if self._dynamodb._INDEX_MEMBERS in table:
            self._dynamodb._index_item(table, pk, sk, item, add=True)

    def remove_item(self, table: Table, pk: str, sk: str) -> None:
        """In place of ministack's ``_remove_item``."""
        items = self.of(table)
        old_size = self._unindex(table, items, pk, sk)
        if old_size is None:
            return
        items.rows.delete(items.schema.pk(pk), items.schema.sk(sk))
        table["ItemCount"] -= 1
        table["TableSizeBytes"] -= old_size

    def _unindex(self, table: Table, items: Items, pk: str, sk: str) -> int | None:
        """Take an item out of the table's indexes; returns its size, None when there is no such item."""
        if self._dynamodb._INDEX_MEMBERS not in table:
            return items.rows.size(items.schema.pk(pk), items.schema.sk(sk))
        old = items[pk].get(sk)
        if old is None:
            return None
        self._dynamodb._index_item(table, pk, sk, old, add=False)
        return int(self._dynamodb._item_size_bytes(old))

    def _put(self, table: Table, items: Items, pk: str, sk: str, item: dict[str, Any]) -> int:
        size: int = self._dynamodb._item_size_bytes(item)
        items.rows.put(items.schema.pk(pk), items.schema.sk(sk), encode(item), size, self._expires(table, item))
        return size

    def _expires(self, table: Table, item: dict[str, Any]) -> float | None:
        setting: Mapping[str, Any] = self._dynamodb._ttl_settings.get(table["TableName"]) or {}
        if setting.get("TimeToLiveStatus") != "ENABLED":
            return None
        number = item.get(setting["AttributeName"], {}).get("N")
        return None if number is None else float(number)

    def tables_for_state(self) -> Any:
        """Every table without its items, once the store knows each that the state file will name, and no other."""
        tables = self._dynamodb.AccountRegionScopedDict()
        live = set()
        for key, table in list(self._dynamodb._tables._data.items()):
            self.of(table)
            live.add(table["TableId"])
            kept = {name: value for name, value in table.items() if name != self._dynamodb._INDEX_MEMBERS}
            tables._data[key] = {**kept, "items": _APART, "ItemCount": 0, "TableSizeBytes": 0}
        if self._restored:
            gone = [id_ for id_, deleted in self._store.tables().items() if not deleted and id_ not in live]
            for id_ in gone:
                self._store.delete(id_)
            if gone:
                self._deleted.set()
        return tables

    def restored(self) -> None:
        """Join the tables that were restored from the state file with their items.

        Raises ConfigurationError when either is there without the other.
        """
        known = self._store.tables()
        tables = self._dynamodb._tables
        for key, table in list(tables._data.items()):
            id_ = table.get("TableId")
            if known.get(id_):  # deleted, when the stage was killed before the state file said so
                del tables._data[key]
                continue
            if table["items"] == _APART and id_ not in known:
                raise ConfigurationError(
                    f"{self._store.path} does not hold the items of the DynamoDB table {table['TableName']}. The local "
                    "stage does not start over damaged state. Restore the state folder from a copy, or give up every "
                    "table with its items: aws-stage forget dynamodb/items.sqlite ministack/dynamodb.json"
                )
            if table["items"] == _APART:
                table["items"] = Items(self._store.open(id_), KeySchema(table))
            self.recount(table)
        self._refuse_orphans({table["TableId"] for table in tables.all_values()})
        self._restored = True

    def _refuse_orphans(self, live: set[str]) -> None:
        for id_, deleted in self._store.tables().items():
            if deleted or id_ in live:
                continue
            if self._store.open(id_).totals()[0]:
                raise ConfigurationError(
                    f"{self._store.path} holds items of a table that {self._state_file} does not name. The local stage "
                    "does not start over damaged state. Restore the state folder from a copy, or give up the items of "
                    "every table: aws-stage forget dynamodb/items.sqlite ministack/dynamodb.json"
                )
            self._store.delete(id_)
        self._deleted.set()

    def _reclaim(self) -> None:
        """A few rows at a time, so that calls come between."""
        while True:
            self._deleted.wait()
            if self._stopping:
                return
            self._deleted.clear()
            while not self._stopping and self._store.reclaim(RECLAIM_ROWS):
                time.sleep(0.01)
