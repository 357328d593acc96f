"""The engines' durable store."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from aws_stage.errors import ConfigurationError
from aws_stage.storage.store import Store


def test_documents_outlive_the_process_that_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "engines" / "store.sqlite"
    store = Store(path)
    store.put("run", "b", {"state": "RUNNING"})
    store.put("run", "a", {"state": "STARTING"})
    store.put("run", "a", {"state": "SUCCEEDED"})
    store.put("job", "a", {"name": "job"})
    assert store.delete("run", "b")
    assert not store.delete("run", "b")
    store.close()
    again = Store(path)
    assert again.items("run") == [("a", {"state": "SUCCEEDED"})]
    assert (again.get("job", "a"), again.get("job", "b")) == ({"name": "job"}, None)


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    store.put("run", "a", {"n": 1})

    def fail_midway() -> None:
        with store.transaction():
            store.put("run", "a", {"n": 2})
            store.put("run", "b", {"n": 2})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    assert store.items("run") == [("a", {"n": 1})]


def test_threads_that_read_and_write_in_transactions_lose_no_update(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    store.put("count", "n", {"n": 0})

    def count() -> None:
        for _ in range(50):
            with store.transaction():
                document = store.get("count", "n")
                assert document is not None
                store.put("count", "n", {"n": document["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("count", "n") == {"n": 200}


@pytest.mark.parametrize("start", [0, 20_000])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, start: int) -> None:
    path = tmp_path / "store.sqlite"
    store = Store(path)
    for number in range(500):
        store.put("run", str(number), {"text": "x" * 100})
    store.close()
    content = bytearray(path.read_bytes())
    content[start : start + 3000] = b"\xff" * 3000
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"store\.sqlite is damaged"):
        Store(path)
