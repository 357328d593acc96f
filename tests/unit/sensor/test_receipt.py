"""The receipt and what builds it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.errors import ConfigurationError
from datastreamer.events.digest import Digest, packed, unpacked
from datastreamer.events.journal import Journal
from datastreamer.events.receipt import FINISHED, Receipt, ShardReceipt, receipts_in
from datastreamer.sensor.kinesis.record import Acknowledged, Record
from datastreamer.sensor.kinesis.writer import WriterCounts
from datastreamer.sensor.receipt_builder import ReceiptBuilder

BLANK = Receipt(
    run_id="run-1",
    source="temperature",
    stage="local",
    stream="datastreamer-local-stream",
    region="ap-northeast-1",
    started="2025-10-15T00:00:00.000Z",
    options={"seed": 7},
)


def test_the_ledger_counts_what_was_acknowledged() -> None:
    builder = ReceiptBuilder(BLANK)
    builder.add(
        [
            Acknowledged(Record("b", b"12345", 3, ("late", "dirty:invalid_json", "late")), "shard-1", "9"),
            Acknowledged(Record("a", b"123", 2, ("duplicate", "dirty:empty_line")), "shard-2", "7"),
        ]
    )
    builder.add([Acknowledged(Record("b", b"1", 1, ("dirty:invalid_json",)), "shard-1", "100")])
    receipt = builder.receipt(WriterCounts(retried=4, failed=5, uncertain=6, in_flight=2))
    assert (receipt.readings, receipt.records, receipt.bytes) == (6, 3, 9)
    assert receipt.dirty == {"empty_line": 1, "invalid_json": 2}
    assert receipt.dirty_total == 3
    assert (receipt.duplicates, receipt.late) == (1, 2)
    assert receipt.devices == {"a": 2, "b": 4}
    assert receipt.shards == {"shard-1": ShardReceipt(2, "9", "100"), "shard-2": ShardReceipt(1, "7", "7")}
    assert (receipt.retried, receipt.failed, receipt.uncertain, receipt.in_flight) == (4, 5, 6, 2)
    assert receipt.options == {"seed": 7}


def test_sequence_numbers_compare_as_numbers_in_whatever_order_answers_come() -> None:
    builder = ReceiptBuilder(BLANK)
    for number in ("1000", "999", "10000", "99"):
        builder.add([Acknowledged(Record("a", b"x"), "shard", number)])
    assert builder.receipt(WriterCounts()).shards["shard"] == ShardReceipt(4, "99", "10000")


def test_a_receipt_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    receipt = replace(
        BLANK,
        state=FINISHED,
        readings=3,
        dirty={"empty_line": 1},
        shards={"s": ShardReceipt(1, "2", "3")},
        devices={"a": 3},
    )
    path = tmp_path / "folder" / "receipt.json"
    receipt.save(path)
    assert Receipt.load(path) == receipt
    assert receipt.is_final
    assert not BLANK.is_final
    assert [file.name for file in path.parent.iterdir()] == ["receipt.json"], "no temporary file stays behind"


def test_a_failed_save_leaves_the_receipt_before_it(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    BLANK.save(path)
    with pytest.raises(TypeError):
        replace(BLANK, options={"seed": object()}).save(path)
    assert Receipt.load(path) == BLANK


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a receipt"),
        ('{"format": 1', "is not a receipt"),
        ("[]", "not a receipt of format 1"),
        ('{"format": 99}', "not a receipt of format 1"),
        ('{"format": 1, "shards": {}}', "not a whole receipt"),
        ('{"format": 1}', "not a whole receipt"),
        ('{"format": 1, "shards": {"a": 3}}', "not a whole receipt"),
    ],
)
def test_a_file_that_is_no_receipt_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as info:
        Receipt.load(path)
    assert str(path) in str(info.value)


@pytest.mark.parametrize(("field", "value"), [("readings", "x"), ("readings", -1), ("started", "xx"), ("state", "?")])
def test_a_receipt_that_an_audit_cannot_stand_on_is_named(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "receipt.json"
    BLANK.save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(ConfigurationError, match=r"receipt\.json is not a "):
        Receipt.load(path)


def test_a_place_that_holds_no_receipt_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file/receipt\.json cannot be written.* --receipt"):
        BLANK.save(tmp_path / "file" / "receipt.json")


def test_a_receipt_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.json cannot be read: No such file"):
        Receipt.load(tmp_path / "gone.json")


def test_receipts_of_a_stage_are_found(tmp_path: Path) -> None:
    replace(BLANK, run_id="b").save(tmp_path / "b.json")
    replace(BLANK, run_id="a").save(tmp_path / "a.json")
    replace(BLANK, stage="prod").save(tmp_path / "c.json")
    (tmp_path / "notes.txt").write_text("no receipt")
    assert [(path.name, receipt.run_id) for path, receipt in receipts_in(tmp_path, "local")] == [
        ("a.json", "a"),
        ("b.json", "b"),
    ]
    assert list(receipts_in(tmp_path / "none", "local")) == []


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    BLANK.save(tmp_path / "receipt.json")
    content = json.loads((tmp_path / "receipt.json").read_text())
    assert content["run_id"] == "run-1"
    assert content["format"] == 2


def record(key: str, hashes: list[int], *marks: tuple[int, str]) -> Record:
    names, places = tuple(name for _, name in marks), tuple(place for place, _ in marks)
    return Record(key, b"x", len(hashes), names, places=places, hashes=packed(hashes))


def test_the_ledger_tells_distinct_readings_by_device_and_dirty_lines_by_reason(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.ids")
    builder = ReceiptBuilder(BLANK, journal)
    first = record("a", [5, 7, 9], (0, "late"), (1, "dirty:empty_line"))
    again = record("a", [5, 2**64 - 1], (0, "duplicate"))
    other = record("b", [7], (0, "dirty:empty_line"))
    builder.add([Acknowledged(item, "shard", "1") for item in (first, again, other)])
    receipt = builder.receipt(WriterCounts())
    assert receipt.identified == {"a": Digest(3, (5 + 9 + 2**64 - 1) % 2**64)}
    assert receipt.dirty_digests == {"empty_line": Digest(2, 14)}
    assert unpacked(journal.path.read_bytes()) == (5, 7, 9, 2**64 - 1, 7)
    assert receipt.journal_bytes == 40
    path = tmp_path / "run.json"
    receipt.save(path)
    assert Receipt.load(path) == receipt


@pytest.mark.parametrize("old", [True, False])
def test_a_receipt_of_format_1_is_read_and_says_nothing_of_identities(tmp_path: Path, old: bool) -> None:
    path = tmp_path / "receipt.json"
    replace(BLANK, readings=3, format=1 if old else 2).save(path)
    content = json.loads(path.read_text())
    for name in ("identified", "dirty_digests", "journal", "journal_bytes", "checksum"):
        del content[name]
    path.write_text(json.dumps(content))
    if old:
        assert (Receipt.load(path).readings, Receipt.load(path).identified) == (3, {})
    else:
        with pytest.raises(ConfigurationError, match="not as the run saved it"):
            Receipt.load(path)


@given(st.sampled_from(["readings", "records", "duplicates", "uncertain", "journal_bytes"]), st.integers(0, 10))
def test_an_edited_receipt_is_named(tmp_path_factory: pytest.TempPathFactory, field: str, value: int) -> None:
    path = tmp_path_factory.mktemp("edited") / "receipt.json"
    replace(BLANK, readings=20, records=20, duplicates=20, uncertain=20, journal_bytes=160).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(ConfigurationError, match=r"receipt\.json is not as the run saved it"):
        Receipt.load(path)


def test_what_votes_leave_in_the_folder_is_no_receipt_of_a_sensor(tmp_path: Path) -> None:
    BLANK.save(tmp_path / "a.json")
    (tmp_path / "votes-1.json").write_text('{"stage": "local", "accepted": 3}')
    (tmp_path / "torn.json").write_text('{"format": 2, "read')
    refused: list[str] = []
    found = receipts_in(tmp_path, "local", lambda path, error: refused.append(f"{path.name}: {error}"))
    assert [path.name for path, _ in found] == ["a.json"]
    assert [line.partition(":")[0] for line in refused] == ["torn.json"]
