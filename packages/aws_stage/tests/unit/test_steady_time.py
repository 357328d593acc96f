"""Time that nobody sets, and what SQS hides by it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_stage.engines.lambda_runtime.event_queue import EventQueue, Pending, verdict
from aws_stage.kernel.steady_time import SteadyTime
from aws_stage.patches.sqs_messages import LONGEST_HIDDEN_SECONDS, Messages
from aws_stage.storage.store import Store


@pytest.mark.parametrize("step", [-3600.0, 90_000.0])
def test_a_clock_that_is_set_moves_no_steady_time(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    steady = SteadyTime()
    before, real = steady.time(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert 0 <= steady.time() - before < 600


def test_steady_time_begins_with_the_machines_clock() -> None:
    assert abs(SteadyTime().time() - time.time()) < 600


def test_sqs_counts_in_steady_time() -> None:
    """ministack's module asks ``time`` for nothing else."""
    from ministack.services import sqs

    source = Path(sqs.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r"\btime\.(\w+)\(", source)) == {"time"}


def test_a_message_hidden_by_a_clock_that_was_ahead_comes_back_within_the_longest_timeout(tmp_path: Path) -> None:
    now = 1_000_000.0

    def sqs(*messages: dict[str, Any]) -> Any:
        data = {("account", "region", "q"): {"name": "q", "messages": list(messages)}}
        return SimpleNamespace(_queues=SimpleNamespace(_data=data))

    def message(name: str, visible_at: float) -> dict[str, Any]:
        return {"id": name, "visible_at": visible_at, "receipt_handle": None, "receive_count": 1}

    store = Store(tmp_path / "messages.sqlite")
    service = sqs(message("ahead", now + 90_000), message("soon", now + 30))
    Messages(service, store, lambda: now).write()
    restarted = sqs()
    Messages(restarted, store, lambda: now).restored()
    found = restarted._queues._data["account", "region", "q"]["messages"]
    assert {each["id"]: each["visible_at"] - now for each in found} == {"ahead": LONGEST_HIDDEN_SECONDS, "soon": 30}


def test_an_event_is_accepted_at_the_queues_own_time(tmp_path: Path) -> None:
    queue = EventQueue(Store(tmp_path / "events.sqlite"), lambda _pending: None, lambda: 1000.0)
    queue.accept("arn", {})
    accepted = queue._due[0][2]
    assert accepted.accepted == 1000.0
    assert verdict(Pending("id", "arn", {}, 1000.0), {"error": True}, {}, 1000.0 + 10) == 1.0
    assert verdict(Pending("id", "arn", {}, 1000.0), {"error": True}, {}, 1000.0 + 90_000) == "EventAgeExceeded"
