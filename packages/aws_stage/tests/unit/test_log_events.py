"""CloudWatch's log events over a restart."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aws_stage.patches.log_events import _restore
from aws_stage.storage.store import Store


def _event(timestamp: int) -> dict[str, Any]:
    return {"timestamp": timestamp, "ingestionTime": timestamp + 1, "message": str(timestamp)}


def test_events_past_the_retention_are_dropped_at_start_and_the_rest_come_back_in_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "log-events.sqlite")
    for batch in ([10, 20], [50, 15], [40]):
        store.append("stream", [{"events": [_event(timestamp) for timestamp in batch]}])
    stream: dict[str, Any] = {"kind": "stream"}
    logs = SimpleNamespace(_event_timestamp=lambda event: event["timestamp"])
    _restore(logs, store, stream, 30)
    assert [event["message"] for event in stream["events"]] == ["40", "50"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"], stream["lastIngestionTime"]) == (40, 50, 51)
    assert len(store.items("stream")) == 2
    _restore(logs, store, stream, 60)
    assert (stream["events"], stream["lastEventTimestamp"], store.items("stream")) == ([], None, [])
