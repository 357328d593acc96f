"""The manifest of the state folder: what it notices, and what it never takes for damage."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_stage.errors import ConfigurationError
from aws_stage.storage.manifest.database import Database
from aws_stage.storage.manifest.giving_up import adopt, forget
from aws_stage.storage.manifest.manifest import Aside, Manifest
from aws_stage.storage.manifest.writes import NEEDED_BYTES, Writes
from aws_stage.storage.segments.log import SegmentedLog
from aws_stage.storage.segments.segment import CorruptSegmentError
from aws_stage.storage.store import Store

SIDECAR = "s3/000000000000/bucket/key.meta.json"
BODY = "s3/000000000000/bucket/key"
ALL = (10_000, 10 * 1024 * 1024)


class Killed(BaseException):
    """The process ends here."""


def _opened(state: Path) -> Manifest:
    manifest = Manifest(state)
    manifest.check()
    manifest.settle()
    return manifest


def _write(manifest: Manifest, name: str, content: bytes) -> None:
    path = manifest.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest.write(path, content)


def _refusal(state: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        Manifest(state).check()
    return str(refused.value)


@pytest.mark.parametrize("before", [None, b"old"])
@pytest.mark.parametrize("moment", ["written aside", "listed", "in place"])
def test_a_kill_at_any_moment_of_a_write_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None, moment: str
) -> None:
    state = tmp_path / "state"
    manifest = _opened(state)
    if before is not None:
        _write(manifest, SIDECAR, before)

    def kill(*_: object) -> None:
        raise Killed

    in_place = Aside.put_in_place
    with monkeypatch.context() as patch:
        if moment == "written aside":
            patch.setattr(manifest, "place", kill)
        elif moment == "listed":
            patch.setattr(Aside, "put_in_place", kill)
        else:
            patch.setattr(Aside, "put_in_place", lambda aside: (in_place(aside), kill()))
        with pytest.raises(Killed):
            _write(manifest, SIDECAR, b"new one")
    manifest.close()
    again = _opened(state)
    found = (state / SIDECAR).read_bytes() if (state / SIDECAR).exists() else None
    assert found == (b"new one" if moment == "in place" else before)
    assert not list(state.rglob("*.tmp"))
    again.close()
    if found is not None:
        (state / SIDECAR).unlink()
        assert "key.meta.json is damaged: it is missing" in _refusal(state)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (Path.unlink, "it is missing"),
        (lambda path: path.write_bytes(b""), "it has 0 bytes, not 7"),
        (lambda path: path.write_bytes(b"content"[:4]), "it has 4 bytes, not 7"),
        (lambda path: path.write_bytes(b"cOntent"), "its bytes are not those that were written"),
    ],
)
def test_a_file_that_was_replaced_whole_must_be_as_it_was_written(
    tmp_path: Path, harm: Callable[[Path], object], why: str
) -> None:
    manifest = _opened(tmp_path)
    _write(manifest, "ministack/glue.json", b"older")
    _write(manifest, "ministack/glue.json", b"content")
    manifest.close()
    harm(tmp_path / "ministack/glue.json")
    refusal = _refusal(tmp_path)
    assert f"glue.json is damaged: {why}. It held the resources and settings of glue." in refusal
    assert "aws-stage forget ministack/glue.json" in refusal


def test_an_objects_bytes_are_judged_by_size_at_start_and_whole_when_they_are_read(tmp_path: Path) -> None:
    manifest = _opened(tmp_path)
    _write(manifest, BODY, b"content")
    manifest.close()
    (tmp_path / BODY).write_bytes(b"cOntent")
    again = _opened(tmp_path)
    with pytest.raises(OSError, match=r"damaged.*the bytes of s3://bucket/key"):
        again.verify(tmp_path / BODY, b"cOntent")
    again.verify(tmp_path / BODY, b"content")


@pytest.mark.parametrize("step", ["list", "rename"])
def test_a_write_that_is_refused_leaves_what_was_there_and_nothing_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    manifest = _opened(tmp_path)
    _write(manifest, SIDECAR, b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if step == "list":
            patch.setattr(manifest._files, "write", refuse)
        else:
            patch.setattr(Aside, "put_in_place", refuse)
        with pytest.raises(OSError, match="No space left"):
            _write(manifest, SIDECAR, b"new")
        assert [each["store"] for each in manifest.writes.as_dict()["failing"]] == ["s3"]
    assert not list(tmp_path.rglob("*.tmp"))
    manifest.close()
    again = _opened(tmp_path)
    again.verify(tmp_path / SIDECAR, b"old")


def test_what_is_dropped_is_not_missed(tmp_path: Path) -> None:
    manifest = _opened(tmp_path)
    for name in (BODY, SIDECAR, "s3/000000000000/bucket-2/key"):
        _write(manifest, name, b"x")
    manifest.drop_under(tmp_path / "s3/000000000000/bucket")
    shutil.rmtree(tmp_path / "s3/000000000000/bucket")
    manifest.close()
    assert _opened(tmp_path).listed("s3") == ["s3/000000000000/bucket-2/key"]


def test_thousands_of_growing_files_each_have_their_own_length_over_restarts(tmp_path: Path) -> None:
    folder = tmp_path / "kinesis/stream.1/shardId-000000000000"
    folder.mkdir(parents=True)
    manifest = _opened(tmp_path)
    for number in range(5000):
        (folder / f"{number}.log").write_bytes(b"x" * (number % 7))
        manifest.length(folder / f"{number}.log").note(number % 7)
    manifest.close()
    again = _opened(tmp_path)
    assert all(again.length(folder / f"{n}.log").acknowledged == n % 7 for n in range(5000))
    again.close()
    (folder / "4999.log").write_bytes(b"")
    assert "4999.log is damaged: it has 0 bytes, and 1 were acknowledged" in _refusal(tmp_path)


def _append(log: SegmentedLog, *texts: str) -> int:
    records = [text.encode() for text in texts]
    return log.append(1_000, len(records), lambda _first, _arrival: (records, [len(r) for r in records]))


def test_a_segment_must_hold_what_was_acknowledged_and_what_follows_may_be_torn(tmp_path: Path) -> None:
    manifest = _opened(tmp_path)
    folder = tmp_path / "kinesis/stream.1/shardId-000000000000"
    log = SegmentedLog(folder, manifest=manifest)
    _append(log, "a")
    _append(log, "b")
    log.close()
    [segment] = folder.glob("*.log")
    content = segment.read_bytes()
    segment.write_bytes(content + content[:40])
    assert [*SegmentedLog(folder, manifest=manifest).read(1, *ALL)] == [b"a", b"b"]
    for harmed in (content[:-1], content[: len(content) // 2], content[:-1] + b"c"):
        segment.write_bytes(harmed)
        with pytest.raises(CorruptSegmentError, match="is damaged at byte"):
            SegmentedLog(folder, manifest=manifest)


def test_records_that_were_given_up_leave_a_gap_that_readers_pass_and_no_ordinal_is_given_twice(tmp_path: Path) -> None:
    manifest = _opened(tmp_path)
    folder = tmp_path / "kinesis/stream.1/shardId-000000000000"
    log = SegmentedLog(folder, segment_bytes=1, manifest=manifest)
    for text in ("a", "b", "c"):
        _append(log, text)
    log.close()
    manifest.close()
    names = sorted(path.name for path in folder.glob("*.log"))
    for lost in (names[1], names[2]):
        (folder / lost).unlink()
        [given] = forget(tmp_path, [f"kinesis/stream.1/shardId-000000000000/{lost}"])
        assert given.moved is None
        manifest = _opened(tmp_path)
        log = SegmentedLog(folder, segment_bytes=1, manifest=manifest)
        assert log.read(1, *ALL) == [b"a"]
        following = log.kept_from(2)
        assert log.read(following, *ALL) == ([b"c"] if lost == names[1] else [])
        last = _append(log, "d") if lost == names[2] else 0
        log.close()
        manifest.close()
    assert last > 3
    manifest = _opened(tmp_path)
    assert SegmentedLog(folder, segment_bytes=1, manifest=manifest).read(2, *ALL) == [b"d"]


def _store(state: Path) -> Store:
    manifest = _opened(state)
    store = Store(state / "engines/glue_jobs.sqlite", manifest)
    for number in range(300):
        store.put("job", str(number), {"text": "x" * 100})
    store.close()
    manifest.close()
    return store


def _reopen(state: Path) -> list[str]:
    manifest = _opened(state)
    try:
        store = Store(state / "engines/glue_jobs.sqlite", manifest)
        try:
            return [document["text"] for _, document in store.items("job")]
        finally:
            store.close()
    finally:
        manifest.close()


@pytest.mark.parametrize("position", range(40))
def test_no_byte_of_a_database_changes_in_silence(tmp_path: Path, position: int) -> None:
    _store(tmp_path)
    path = tmp_path / "engines/glue_jobs.sqlite"
    content = bytearray(path.read_bytes())
    content[position * len(content) // 40 + position * 31 % 97] ^= 0x20
    path.write_bytes(content)
    try:
        texts = _reopen(tmp_path)
    except ConfigurationError as error:
        assert "glue_jobs.sqlite is damaged" in str(error)  # noqa: PT017  either is right
    else:
        assert texts == ["x" * 100] * 300


def test_an_older_copy_of_a_database_is_not_taken_for_the_newest(tmp_path: Path) -> None:
    _store(tmp_path)
    path = tmp_path / "engines/glue_jobs.sqlite"
    older = path.read_bytes()
    manifest = _opened(tmp_path)
    store = Store(path, manifest)
    store.put("job", "newest", {"text": ""})
    store.close()
    manifest.close()
    path.write_bytes(older)
    with pytest.raises(ConfigurationError, match=r"it is an older copy: it lacks the last \d changes"):
        _reopen(tmp_path)


def test_state_of_another_layout_is_refused_with_what_to_do_and_stays_as_it_is(tmp_path: Path) -> None:
    _store(tmp_path)
    with sqlite3.connect(tmp_path / "manifest.sqlite") as manifest:
        manifest.execute("PRAGMA user_version = 0")
    manifest.close()
    before = (tmp_path / "engines/glue_jobs.sqlite").read_bytes()
    assert re.search(r"its layout is 1, this version reads 2 alone.*move the folder away", _refusal(tmp_path))
    with pytest.raises(ConfigurationError, match="another version of the local stage"):
        forget(tmp_path, ["engines/glue_jobs.sqlite"])
    assert (tmp_path / "engines/glue_jobs.sqlite").read_bytes() == before
    with sqlite3.connect(tmp_path / "manifest.sqlite") as manifest:
        manifest.execute("PRAGMA user_version = 2")
    manifest.close()
    assert _reopen(tmp_path) == ["x" * 100] * 300


@pytest.mark.parametrize(
    "path", ["metrics.jsonl", f"log-events/{'0' * 32}.jsonl", "engines/firehose-journal/0123/00000001.log"]
)
def test_state_of_another_layout_is_not_adopted_as_if_it_were_empty(tmp_path: Path, path: str) -> None:
    _store(tmp_path)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"{}\n")
    with pytest.raises(ConfigurationError, match=f"does not know .{re.escape(path)}"):
        adopt(tmp_path)
    (tmp_path / path).unlink()
    adopt(tmp_path)
    assert _reopen(tmp_path) == ["x" * 100] * 300


def test_a_database_in_use_elsewhere_is_not_called_damaged(tmp_path: Path) -> None:
    manifest = _opened(tmp_path)
    with pytest.raises(ConfigurationError, match="in use by another process") as refused:
        Manifest(tmp_path)
    assert "damaged" not in str(refused.value)
    manifest.close()


def test_a_database_of_an_older_version_is_taken_over_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "engines/glue_jobs.sqlite"
    path.parent.mkdir()
    older = sqlite3.connect(path)
    older.execute("PRAGMA journal_mode=WAL")
    older.execute("CREATE TABLE documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))")
    older.execute("""INSERT INTO documents VALUES ('job', 'a', '{"text": "kept"}')""")
    older.commit()
    older.close()
    with pytest.raises(ConfigurationError, match=r"(?s)manifest\.sqlite is damaged.*aws-stage adopt"):
        _reopen(tmp_path)
    adopt(tmp_path)
    assert _reopen(tmp_path) == ["kept"]
    path.unlink()
    assert "glue_jobs.sqlite is damaged: it is missing" in _refusal(tmp_path)


def test_a_transaction_that_the_disk_refuses_leaves_the_database_usable(tmp_path: Path) -> None:
    database = Database(
        tmp_path / "x.sqlite", "CREATE TABLE t (a)", {"t": ("a",)}, Manifest(tmp_path / "s", adopt=True)._files._mark
    )
    database.read("PRAGMA max_page_count = 4")
    with pytest.raises(OSError, match="No space left on device"):
        database.write("INSERT INTO t VALUES (?)", (b"x" * 200_000,))
    database.write("INSERT INTO t VALUES (?)", (b"y",))
    assert database.read("SELECT a FROM t") == [(b"y",)]


def test_what_was_forgotten_is_moved_and_the_rest_stays(tmp_path: Path) -> None:
    state = tmp_path / "state"
    manifest = _opened(state)
    for name in ("ministack/glue.json", "ministack/kms.json", BODY, SIDECAR):
        _write(manifest, name, b"content")
    manifest.close()
    (state / "ministack/glue.json").write_bytes(b"damaged")
    (state / BODY).unlink()
    given = forget(state, ["ministack/glue.json", str(state / BODY)])
    assert [each.path for each in given] == ["ministack/glue.json", BODY, SIDECAR]
    assert given[0].moved is not None
    assert given[0].moved.read_bytes() == b"damaged"
    assert _opened(state).listed("ministack") == ["ministack/kms.json"]


@pytest.mark.parametrize("name", ["ministack/none.json", "../outside", "manifest.sqlite", "/etc/passwd"])
def test_only_what_the_stage_keeps_can_be_forgotten(tmp_path: Path, name: str) -> None:
    _opened(tmp_path).close()
    with pytest.raises(ConfigurationError, match=r"there is no such file|can be given up"):
        forget(tmp_path, [name])


def test_a_refused_write_is_told_until_the_same_store_writes_again(tmp_path: Path) -> None:
    writes = Writes(tmp_path)
    writes.refused(tmp_path / "engines/firehose-journal/u/1.log", OSError(28, "No space left on device"))
    writes.refused(tmp_path / "s3/000000000000/b/k", OSError(28, "No space left on device"))
    writes.worked(tmp_path / "s3/000000000000/b/other")
    told = writes.as_dict()
    assert [each["store"] for each in told["failing"]] == ["firehose-journal"]
    assert told["last_refused"]["store"] == "s3"
    assert told["full"]
    assert told["needed_bytes"] == NEEDED_BYTES
