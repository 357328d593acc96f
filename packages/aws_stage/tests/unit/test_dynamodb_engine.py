"""The threads of the DynamoDB engine: what expires goes by the stage's clock, and both end with the engine."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aws_stage.engines.dynamodb.items import Items, KeySchema
from aws_stage.engines.dynamodb.tables import Tables
from aws_stage.engines.dynamodb.time_to_live import TimeToLive
from aws_stage.gateway.protocol import encode
from aws_stage.storage.items import ItemStore
from aws_stage.testing.waiting import PATIENCE

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing waits {seconds} s by the stage's clock")


def table_of(store: ItemStore) -> dict[str, Any]:
    schema = KeySchema({"AttributeDefinitions": [], "pk_name": "id", "sk_name": None})
    return {"TableName": "t", "items": Items(store.open("t"), schema)}


def ministack_with(table: dict[str, Any], removed: list[str], found: threading.Event) -> Any:
    def remove(_table: dict[str, Any], pk: str, sk: str) -> None:
        rows, schema = table["items"].rows, table["items"].schema
        rows.delete(schema.pk(pk), schema.sk(sk))
        removed.append(pk)

    def emit(_name: str, _event: str, _old: object, _new: object) -> None:
        found.set()

    setting = {"TimeToLiveStatus": "ENABLED", "AttributeName": "end"}
    return SimpleNamespace(
        _ttl_settings=SimpleNamespace(_data={("account", "region", "t"): setting}),
        _tables=SimpleNamespace(get_scoped=lambda *_: table),
        request_scope=lambda *_: nullcontext(),
        _remove_item=remove,
        _emit_stream_event=emit,
        _stream_records={},
    )


def test_an_item_goes_when_the_stages_clock_is_past_its_time_and_no_other(tmp_path: Path) -> None:
    table = table_of(ItemStore(tmp_path / "items.sqlite"))
    rows, schema = table["items"].rows, table["items"].schema
    for name, end in (("past", NOW.timestamp() - 1), ("to come", NOW.timestamp() + 1)):
        rows.put(schema.pk(name), schema.sk("__no_sort__"), encode({"id": {"S": name}}), 1, end)
    removed: list[str] = []
    found = threading.Event()
    time_to_live = TimeToLive(ministack_with(table, removed, found), StoppedClock())
    time_to_live.start()
    assert found.wait(PATIENCE)
    time_to_live.stop()
    assert removed == ["past"]
    assert rows.totals()[0] == 1


def test_the_rows_of_a_table_that_was_deleted_go_and_both_threads_end_with_the_engine(tmp_path: Path) -> None:
    store = ItemStore(tmp_path / "items.sqlite")
    state_file = tmp_path / "dynamodb.json"
    state_file.touch()
    rows = store.open("t")
    rows.put("a", "", b"{}", 1, None)
    store.delete("t")
    ministack = SimpleNamespace(
        _tables=SimpleNamespace(_data={}, all_values=list), _ttl_settings=SimpleNamespace(_data={})
    )
    tables, time_to_live = Tables(ministack, store, state_file), TimeToLive(ministack, StoppedClock())
    before = set(threading.enumerate())
    tables.start()
    time_to_live.start()
    tables.restored()
    started = set(threading.enumerate()) - before
    assert {thread.name for thread in started} == {"dynamodb-reclaim", "dynamodb-ttl"}
    waiting = threading.Event()
    while rows.totals()[0]:
        waiting.wait(0.01)
    tables.stop()
    time_to_live.stop()
    assert not [thread for thread in started if thread.is_alive()]


def test_ministacks_own_reaper_which_announces_nothing_finds_no_table() -> None:
    """It asks for all settings; everything else asks for a table's."""
    from ministack.services import dynamodb

    settings = TimeToLive(dynamodb, StoppedClock()).settings()
    settings["t"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": "end"}
    assert list(settings.all_items()) == []
    assert settings.get("t")["AttributeName"] == "end"
    assert "_ttl_settings.all_items()" in Path(dynamodb.__file__).read_text(encoding="utf-8")
