"""An item goes soon after its time to live, and the table's stream says so.

ministack's own reaper reads each item of a table, once a minute, and tells the stream nothing. Here an index finds what
has expired; it is brought up to date when a table's setting changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aws_stage.engines.dynamodb.items import Items
from aws_stage.gateway.protocol import decode
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.dynamodb")

SWEEP_SECONDS = 1.0
ITEMS_AT_ONCE = 200
OLDEST_SECONDS = 5 * 365 * 86_400
"""What expired longer ago is kept: docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html"""
_BY_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class TimeToLive:
    """Removes what has expired from the tables of ``dynamodb``, ministack's module."""

    def __init__(self, dynamodb: Any, clock: Clock) -> None:
        self._dynamodb = dynamodb
        self._clock = clock
        self._sweeping = Periodic(self._sweep, SWEEP_SECONDS, "dynamodb-ttl")

    def start(self) -> None:
        """Begin to remove what expires."""
        self._sweeping.start()

    def stop(self) -> None:
        """Stop removing."""
        self._sweeping.stop()

    def settings(self) -> Any:
        """A new place for the settings of tables, in which ministack's reaper, who alone asks for all, finds none."""

        class Settings(self._dynamodb.AccountRegionScopedDict):  # type: ignore[misc, name-defined]
            __slots__ = ()

            def all_items(self) -> list[Any]:
                return []

        return Settings()

    def update(self, update: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
        """``UpdateTimeToLive``: ministack keeps the setting, and the items of the table are brought up to date."""
        dynamodb = self._dynamodb
        setting = data.get("TimeToLiveSpecification") or {}
        enabled = setting.get("Enabled", False)
        name = dynamodb._normalize_table_name(data.get("TableName"))
        before = (dynamodb._ttl_settings.get(name) or {}).get("TimeToLiveStatus", "DISABLED") == "ENABLED"
        table = dynamodb._tables.get(name)
        if table is not None and enabled == before:
            message = f"TimeToLive is already {'enabled' if enabled else 'disabled'}"
            return dynamodb.error_response_json("ValidationException", message, 400)
        answer = update(data)
        if answer[0] == 200 and isinstance(table["items"], Items):
            table["items"].rows.expire_by(setting["AttributeName"])
        return answer

    def _sweep(self) -> None:
        stopping = self._sweeping.stopping
        for (account, region, name), setting in list(self._dynamodb._ttl_settings._data.items()):
            table = self._dynamodb._tables.get_scoped(account, region, name)
            if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
                continue
            try:
                with self._dynamodb.request_scope(account, region):
                    while self._expire(name, table) == ITEMS_AT_ONCE and not stopping.is_set():
                        stopping.wait(SWEEP_SECONDS / 100)
            except Exception:
                logger.exception("expiring items of %s failed; trying again", name)

    def _expire(self, name: str, table: dict[str, Any]) -> int:
        items = table["items"]
        if not isinstance(items, Items):
            return 0
        now = self._clock.now().timestamp()
        with items.rows.store.transaction():
            expired = items.rows.expired(now - OLDEST_SECONDS, now, ITEMS_AT_ONCE)
            for content in expired:
                item = decode(content)
                self._dynamodb._remove_item(table, *items.schema.values(item))
                self._announce(name, item)
        return len(expired)

    def _announce(self, name: str, item: dict[str, Any]) -> None:
        before = len(self._dynamodb._stream_records.get(name) or [])
        self._dynamodb._emit_stream_event(name, "REMOVE", item, None)
        for record in (self._dynamodb._stream_records.get(name) or [])[before:]:
            record["userIdentity"] = _BY_TTL
