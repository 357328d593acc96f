"""DynamoDB: an item goes soon after its time to live, and the table's stream says so.

ministack's own reaper reads each item of a table, once a minute, and tells the stream nothing. Here an index finds what
has expired; it is brought up to date when a table's setting changes.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from aws_stage.gateway.protocol import decode
from aws_stage.patches.dynamodb_items import Items
from aws_stage.patches.replace import replace

logger = logging.getLogger("aws_stage.dynamodb")

SWEEP_SECONDS = 1.0
ITEMS_AT_ONCE = 200
OLDEST_SECONDS = 5 * 365 * 86_400
"""What expired longer ago is kept: docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html"""
_BY_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def apply() -> None:
    from ministack.services import dynamodb

    class Settings(dynamodb.AccountRegionScopedDict):  # type: ignore[misc]
        """ministack's reaper alone asks for all items: it finds none."""

        __slots__ = ()

        def all_items(self) -> list[Any]:
            return []

    replace(dynamodb, "_ttl_settings", Settings())

    def update_ttl(data: dict[str, Any]) -> Any:
        answer = original_update(data)
        table = dynamodb._tables.get(dynamodb._normalize_table_name(data.get("TableName")))
        if answer[0] == 200 and isinstance(table["items"], Items):
            table["items"].rows.expire_by(data["TimeToLiveSpecification"]["AttributeName"])
        return answer

    original_update = replace(dynamodb, "_update_ttl", update_ttl)
    threading.Thread(target=_sweep, args=(dynamodb,), name="dynamodb-ttl", daemon=True).start()


def _sweep(dynamodb: Any) -> None:
    while True:
        time.sleep(SWEEP_SECONDS)
        for (account, region, name), setting in list(dynamodb._ttl_settings._data.items()):
            table = dynamodb._tables.get_scoped(account, region, name)
            if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
                continue
            try:
                with dynamodb.request_scope(account, region):
                    while _expire(dynamodb, name, table) == ITEMS_AT_ONCE:
                        time.sleep(SWEEP_SECONDS / 100)
            except Exception:
                logger.exception("expiring items of %s failed; trying again", name)


def _expire(dynamodb: Any, name: str, table: dict[str, Any]) -> int:
    items = table["items"]
    if not isinstance(items, Items):
        return 0
    now = time.time()
    with items.rows.store.transaction():
        expired = items.rows.expired(now - OLDEST_SECONDS, now, ITEMS_AT_ONCE)
        for content in expired:
            item = decode(content)
            dynamodb._remove_item(table, *items.schema.values(item))
            _tell(dynamodb, name, item)
    return len(expired)


def _tell(dynamodb: Any, name: str, item: dict[str, Any]) -> None:
    before = len(dynamodb._stream_records.get(name) or [])
    dynamodb._emit_stream_event(name, "REMOVE", item, None)
    for record in (dynamodb._stream_records.get(name) or [])[before:]:
        record["userIdentity"] = _BY_TTL
