"""Kinds of tampering times places: the audit notices each, and proves a lake that nobody touched."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from datastreamer.events.receipt import _checksum
from datastreamer.telemetry.audit.delivery import LOST
from datastreamer.telemetry.audit.receipts import BROKEN_CHAINS, EDITED, GONE, JOURNALS
from datastreamer.telemetry.audit.tables import CHANGED, FOREIGN, MISSING
from tests.synthetic_lake import NAMES, STATE, Snapshot, SyntheticLake, laws, parquet

Choice = Callable[[list[Any]], Any]
Tampering = Callable[[SyntheticLake, Choice], None]


def _change(lake: SyntheticLake, bucket: str, key: str, change: Callable[[bytes], bytes]) -> None:
    before = lake.body(bucket, key)
    after = change(before)
    assert after != before, "the tampering changes nothing"
    lake.s3.put_object(Bucket=bucket, Key=key, Body=after)


def _of(prefix: str, bucket: str = NAMES.analytics_bucket) -> Callable[[SyntheticLake], list[str]]:
    return lambda lake: lake.keys(bucket, prefix)


CURATED, QUARANTINE = _of("device_telemetry/"), _of("device_telemetry_quarantine/")
MANIFESTS, RAW = _of(STATE.key("manifests/")), _of(NAMES.raw_prefix, NAMES.data_bucket)


def delete(of: Callable[[SyntheticLake], list[str]], bucket: str = NAMES.analytics_bucket) -> Tampering:
    return lambda lake, choose: lake.s3.delete_object(Bucket=bucket, Key=choose(of(lake)))


def rewrite(
    of: Callable[[SyntheticLake], list[str]], change: Callable[[bytes], bytes], bucket: str = NAMES.analytics_bucket
) -> Tampering:
    return lambda lake, choose: _change(lake, bucket, choose(of(lake)), change)


def edit_row(name: str, value: Any) -> Callable[[bytes], bytes]:
    def edit(body: bytes) -> bytes:
        rows = pq.read_table(io.BytesIO(body)).to_pylist()
        rows[len(rows) // 2][name] = value
        return parquet(rows)

    return edit


def without_a_row(body: bytes) -> bytes:
    return parquet(pq.read_table(io.BytesIO(body)).to_pylist()[:-1])


def duplicate(lake: SyntheticLake, choose: Choice) -> None:
    key = choose(CURATED(lake))
    body = lake.body(NAMES.analytics_bucket, key)
    lake.s3.put_object(Bucket=NAMES.analytics_bucket, Key=key.replace(".zstd", "-copy.zstd"), Body=body)


def replace_raw(body: bytes) -> bytes:
    lines = gzip.decompress(body).splitlines(keepends=True)
    return gzip.compress(b"".join(line.replace(b'"temperature":', b'"temperature":1') for line in lines))


def edit_manifest(body: bytes) -> bytes:
    value = json.loads(body)
    item = value["objects"][0]
    item["duplicates"] += 1
    item["curated"] -= 1
    return json.dumps(value).encode()


def forge_file(lake: SyntheticLake, choose: Choice) -> None:
    """A file edited together with its checksum in the manifest, but not with the manifest's own."""
    key = choose(CURATED(lake))
    _change(lake, NAMES.analytics_bucket, key, edit_row("temperature", 99.9))
    for name in MANIFESTS(lake):
        value = json.loads(lake.body(NAMES.analytics_bucket, name))
        for file in value["files"]:
            if file["published"].endswith(key):
                file["sha256"] = "0" * 64
                lake.s3.put_object(Bucket=NAMES.analytics_bucket, Key=name, Body=json.dumps(value).encode())


def receipt(change: Callable[[dict[str, Any]], None], *, sealed: bool) -> Tampering:
    """Edit a receipt of a run that ended; ``sealed``: with the right checksum again."""

    def edit(lake: SyntheticLake, choose: Choice) -> None:
        path = lake.folder / f"{choose(['first', 'lossy'])}.json"
        content = json.loads(path.read_text())
        del content["checksum"]
        before = json.dumps(content)
        checksum = _checksum(content)
        change(content)
        assert json.dumps(content) != before
        path.write_text(json.dumps(content | {"checksum": _checksum(content) if sealed else checksum}))

    return edit


def lower(content: dict[str, Any]) -> None:
    content["readings"] -= 7


def lower_wholly(content: dict[str, Any]) -> None:
    """As one would who knows the format: all that is said of a device is taken out."""
    device, digest = content["identified"].popitem()
    content["readings"] -= digest["lines"]
    content["devices"].pop(device)


def higher(content: dict[str, Any]) -> None:
    content["readings"] += 1_000


def other_dirt(content: dict[str, Any]) -> None:
    content["dirty"]["empty_line"] = content["dirty"].get("empty_line", 0) + 3


def no_devices(content: dict[str, Any]) -> None:
    content["devices"] = content["shards"] = {}


def file_of(pattern: str, change: Callable[[Path], object]) -> Tampering:
    return lambda lake, choose: change(choose(sorted(lake.folder.glob(pattern)))) and None


def truncate(path: Path) -> object:
    return path.write_bytes(path.read_bytes()[:-8])


def flip(path: Path) -> object:
    body = bytearray(path.read_bytes())
    body[len(body) // 3] ^= 1
    return path.write_bytes(body)


def unlink(path: Path) -> object:
    return path.unlink() or True


KINDS: dict[str, tuple[Tampering, tuple[str, ...]]] = {
    "raw object deleted": (delete(RAW, NAMES.data_bucket), ("no longer in raw S3",)),
    "raw object replaced": (rewrite(RAW, replace_raw, NAMES.data_bucket), ("replaced since the job read them",)),
    "raw object truncated": (
        rewrite(RAW, lambda body: body[: len(body) // 2], NAMES.data_bucket),
        ("replaced since the job read them",),
    ),
    "curated file deleted": (delete(CURATED), (MISSING, "not in the table", LOST)),
    "curated file duplicated": (duplicate, (FOREIGN, "curated more than once")),
    "curated row edited": (rewrite(CURATED, edit_row("temperature", 99.9)), (CHANGED,)),
    "curated row removed": (rewrite(CURATED, without_a_row), (CHANGED, LOST)),
    "curated id forged": (rewrite(CURATED, edit_row("event_id", "forged")), (CHANGED, LOST)),
    "curated file and its checksum forged": (forge_file, ("manifests that are not as",)),
    "curated file is no Parquet": (rewrite(CURATED, lambda body: body[:-4]), (CHANGED,)),
    "quarantine file deleted": (delete(QUARANTINE), (MISSING,)),
    "quarantine reason edited": (rewrite(QUARANTINE, edit_row("reason", "made_up")), (CHANGED,)),
    "quarantined line edited": (rewrite(QUARANTINE, edit_row("line", "made up")), (CHANGED,)),
    "manifest deleted": (delete(MANIFESTS), (FOREIGN, "not yet read by the job")),
    "manifest truncated": (rewrite(MANIFESTS, lambda body: body[:-30]), ("manifests that are not as",)),
    "manifest emptied": (rewrite(MANIFESTS, lambda _: b""), ("manifests that are not as",)),
    "manifest's counts edited": (rewrite(MANIFESTS, edit_manifest), ("manifests that are not as",)),
    "receipt lowered": (receipt(lower, sealed=False), (EDITED,)),
    "receipt lowered and sealed": (receipt(lower, sealed=True), (EDITED,)),
    "receipt lowered wholly and sealed": (receipt(lower_wholly, sealed=True), (EDITED,)),
    "receipt raised": (receipt(higher, sealed=False), (EDITED,)),
    "receipt raised and sealed": (receipt(higher, sealed=True), (EDITED,)),
    "receipt's dirt edited": (receipt(other_dirt, sealed=False), (EDITED,)),
    "receipt's dirt edited and sealed": (receipt(other_dirt, sealed=True), (EDITED,)),
    "receipt's devices emptied": (receipt(no_devices, sealed=False), (EDITED,)),
    "receipt truncated": (file_of("*.json", truncate), (EDITED,)),
    "receipt deleted": (file_of("*.json", unlink), (GONE,)),
    "journal cut": (file_of("[fl]*.ids", truncate), (JOURNALS,)),
    "journal edited": (file_of("[fl]*.ids", flip), (JOURNALS,)),
    "chain cut": (file_of("chain-*", truncate), (BROKEN_CHAINS,)),
    "chain edited": (file_of("chain-*", flip), (BROKEN_CHAINS,)),
}


@pytest.fixture(scope="module")
def lake_with_surplus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Copies, and a killed run."""
    folder = tmp_path_factory.mktemp("tampering")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            lake = SyntheticLake(boto3.client("s3", region_name="ap-northeast-1"), folder / "receipts")
            lake.deliver(lake.send("first", seed=1, lines=120))
            lake.job()
            lake.deliver(lake.send("lossy", seed=2, lines=160, copies=25))
            lake.deliver(lake.send("killed", seed=4, lines=100, killed=True))
            lake.job()
            yield Snapshot(lake, folder / "aside")


@pytest.fixture
def whole(lake_with_surplus: Snapshot) -> Iterator[SyntheticLake]:
    yield lake_with_surplus.lake
    lake_with_surplus.restore()


def test_a_lake_that_nobody_touched_is_proven(whole: SyntheticLake) -> None:
    verdict = whole.audit()
    assert (laws(verdict), verdict.unproven) == ([], ())
    assert verdict.holds


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3, deadline=None)
@given(number=st.integers(0, 1_000))
def test_tampering_is_noticed_wherever_it_is(lake_with_surplus: Snapshot, kind: str, number: int) -> None:
    tamper, named = KINDS[kind]
    lake = lake_with_surplus.lake
    tamper(lake, lambda places: places[number % len(places)])
    try:
        verdict = lake.audit()
        assert not verdict.holds
        for law in named:
            assert any(law in found for found in laws(verdict)), (law, laws(verdict))
    finally:
        lake_with_surplus.restore()


def test_a_chain_that_is_gone_leaves_receipts_unproven(whole: SyntheticLake) -> None:
    for path in whole.folder.glob("chain-*"):
        path.unlink()
    verdict = whole.audit()
    assert not verdict.holds
    assert all("no chain in its folder tells of it" in sentence for sentence in verdict.unproven)
    assert len(verdict.unproven) == 3


def test_a_killed_run_without_its_journal_is_not_proven(whole: SyntheticLake) -> None:
    (whole.folder / "killed.ids").unlink()
    verdict = whole.audit()
    assert laws(verdict) == []
    assert any("lines of run killed" in sentence and "killed.ids" in sentence for sentence in verdict.unproven)
