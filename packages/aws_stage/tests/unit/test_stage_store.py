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


def test_what_is_appended_is_read_back_in_order_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    first = store.append("list", ({"n": n} for n in range(12)))
    store.append("other", [{"text": "ü\n"}])
    store.close()
    again = Store(tmp_path / "store.sqlite")
    last = again.append("list", [{"n": 12}])
    assert [document["n"] for _, document in again.items("list")] == list(range(13))
    assert [key for key, _ in again.items("list")] == [*first, *last]
    assert again.append("list", []) == []
    again.delete("list", first[3])
    assert again.append("list", [{"n": 13}]) > last
    assert [document["n"] for _, document in again.items("list")] == [0, 1, 2, *range(4, 14)]
    assert sorted(again.kinds()) == ["list", "other"]
    again.clear("list")
    assert (again.items("list"), again.kinds()) == ([], ["other"])
    assert again.items("other")[0][1] == {"text": "ü\n"}


def test_a_full_disk_refuses_all_of_an_append(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    store.append("list", [{"n": 1}])
    store._database.read("PRAGMA max_page_count = 5")
    with pytest.raises(OSError, match="No space left"):
        store.append("list", [{"n": 2}, {"text": "refused" * 10_000}])
    assert [document for _, document in store.items("list")] == [{"n": 1}]
    store.append("list", [{"n": 3}])
    assert [document for _, document in store.items("list")] == [{"n": 1}, {"n": 3}]


def test_values_that_json_does_not_have_are_kept_as_the_caller_says(tmp_path: Path) -> None:
    store = Store(
        tmp_path / "store.sqlite",
        default=lambda value: {"hex": value.hex()},
        object_hook=lambda found: bytes.fromhex(found["hex"]) if "hex" in found else found,
    )
    store.put("message", "a", {"body": b"\xff", "n": 1})
    store.append("list", [{"body": b"\x00"}])
    assert store.get("message", "a") == {"body": b"\xff", "n": 1}
    assert [document for _, document in store.items("list")] == [{"body": b"\x00"}]


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
