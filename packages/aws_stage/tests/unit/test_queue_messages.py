"""What is on disk of an SQS queue follows what ministack has in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_stage.patches.sqs_messages import QueueMessages
from aws_stage.storage.store import Store


def _message(name: str, receive_count: int = 0) -> dict[str, Any]:
    return {"id": name, "visible_at": 1.0, "receipt_handle": None, "receive_count": receive_count}


def _restored(store: Store) -> list[dict[str, Any]]:
    return QueueMessages(store, "queue").restore()


def test_what_came_was_received_or_went_is_so_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "messages.sqlite")
    queue = QueueMessages(store, "queue")
    queue.write([_message("a"), _message("b"), _message("c")])
    queue.write([_message("a", 1), _message("c"), _message("d")])
    assert _restored(store) == [_message("a", 1), _message("c"), _message("d")]
    again = QueueMessages(store, "queue")
    again.restore()
    assert not again.differs([_message("a", 1), _message("c"), _message("d")])
    again.write([_message("c"), _message("e")])
    assert _restored(store) == [_message("c"), _message("e")]


def test_what_the_disk_refused_is_written_by_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "messages.sqlite")
    queue = QueueMessages(store, "queue")
    queue.write([_message("a"), _message("b")])

    def refuse(*_: object) -> list[str]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", refuse)
        with pytest.raises(OSError, match="No space left"):
            queue.write([_message("b", 1), _message("c")])
    assert _restored(store) == [_message("a"), _message("b")]
    queue.write([_message("b", 1), _message("c")])
    assert _restored(store) == [_message("b", 1), _message("c")]
