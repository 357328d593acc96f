"""CloudWatch Logs: events lie in SQLite, written before PutLogEvents is answered.

ministack keeps them in the service's one state file, which would be written whole, all events of all time, each time
that anything changes. Events past their group's retention are dropped at start.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_stage.patches.replace import replace
from aws_stage.patches.state import keep_apart
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.store import Store

_DAY_MS = 86_400_000
_KIND = "kind"
"""Of a stream's documents: kept with the stream, so that one of the same name that was deleted is another."""


def apply(manifest: Manifest) -> None:
    from ministack.services import cloudwatch_logs as logs

    store = Store(Path(os.environ["STATE_DIR"]).with_name("log-events.sqlite"), manifest)

    def append(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        store.append(stream.setdefault(_KIND, uuid.uuid4().hex), [{"events": events}])
        original_append(stream, events)

    original_append = replace(logs, "_append_log_events", append)

    def create_stream(data: dict[str, Any]) -> Any:
        answer = original_create(data)
        for _, stream in _streams(logs):
            stream.setdefault(_KIND, uuid.uuid4().hex)  # kept before the call is answered
        return answer

    original_create = replace(logs, "_create_log_stream", create_stream)

    def groups_without_events() -> Any:
        groups = logs.AccountRegionScopedDict()
        for key, group in list(logs._log_groups._data.items()):
            streams = {name: {**stream, "events": []} for name, stream in list(group["streams"].items())}
            groups._data[key] = {**group, "streams": streams}
        return groups

    # Records are events once more, made again when a query needs them.
    keep_apart(logs, {"log_groups": groups_without_events, "log_records": logs.AccountRegionScopedDict})

    def load(data: Any) -> None:
        original_load(data)
        now = time.time() * 1000
        known = set()
        for group, stream in _streams(logs):
            if _KIND in stream:
                known.add(stream[_KIND])
                _restore(logs, store, stream, now - (group.get("retentionInDays") or 36500) * _DAY_MS)
        for kind in set(store.kinds()) - known:
            store.clear(kind)  # of a stream that was deleted

    original_load = replace(logs, "load_persisted_state", load)


def _streams(logs: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in list(logs._log_groups._data.values()):
        for stream in list(group["streams"].values()):
            yield group, stream


def _restore(logs: Any, store: Store, stream: dict[str, Any], oldest_ms: float) -> None:
    events: list[dict[str, Any]] = []
    with store.transaction():
        for key, batch in store.items(stream[_KIND]):
            kept = [event for event in batch["events"] if event["timestamp"] >= oldest_ms]
            events += kept
            if not kept:
                store.delete(stream[_KIND], key)
    events.sort(key=logs._event_timestamp)
    stream["events"] = events
    stream["firstEventTimestamp"] = events[0]["timestamp"] if events else None
    stream["lastEventTimestamp"] = events[-1]["timestamp"] if events else None
    stream["lastIngestionTime"] = max((event["ingestionTime"] for event in events), default=None)
