"""``audit``, ``acknowledge`` and ``await-delivery`` as commands: what they print, wait for, and end with."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from moto import mock_aws

from datastreamer.cli.context import Context
from datastreamer.cli.telemetry import acknowledge, audit, await_delivery
from datastreamer.errors import RetryableError, UsageError
from datastreamer.telemetry.audit import audit as auditing
from datastreamer.telemetry.audit.finding import Finding
from datastreamer.telemetry.audit.ledger import Evidence, reconcile
from tests.synthetic_lake import CREATED, NAMES, SyntheticLake


class Kinesis:
    """Knows when the stream was made, and nothing else."""

    def describe_stream_summary(self, **_: Any) -> dict[str, Any]:
        return {"StreamDescriptionSummary": {"StreamCreationTimestamp": CREATED}}


@dataclass
class LakeContext(Context):
    """A context whose AWS is a synthetic lake."""

    lake: SyntheticLake

    names = NAMES  # type: ignore[assignment]  # the real one asks STS

    def client(self, service: str) -> Any:
        return {"s3": self.lake.s3, "kinesis": Kinesis()}[service]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SyntheticLake]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        lake = SyntheticLake(boto3.client("s3", region_name="ap-northeast-1"), tmp_path / "receipts")
        monkeypatch.setattr(Context, "enter", lambda stage: LakeContext(stage, lake=lake))
        monkeypatch.setattr(auditing, "audit", partial(auditing.audit, count_tables=lake.count))
        monkeypatch.setattr(await_delivery, "POLL_SECONDS", 0.01)
        yield lake


def ended(lake: SyntheticLake, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str]:
    code = 0
    try:
        audit.audit(receipts=lake.folder, ledger_file=None, stage="local", **{"as_json": False, **options})
    except typer.Exit as exit_:
        code = exit_.exit_code
    return code, capsys.readouterr().out


def test_a_proof_says_what_was_proven_and_exits_0(lake: SyntheticLake, capsys: pytest.CaptureFixture[str]) -> None:
    lake.deliver(lake.send("run", seed=1, lines=60, copies=5))
    lake.job()
    code, out = ended(lake, capsys)
    assert code == 0
    assert "✓ proven: each of the 60 acknowledged lines was found in the lake, the tables are as the job wrote" in out
    assert "\x1b[" not in out
    code, out = ended(lake, capsys, as_json=True)
    document = json.loads(out)
    assert (code, document["balanced"], document["proven"], document["unproven"]) == (0, True, 60, [])


def test_without_a_receipt_there_is_no_tick_and_exit_1(lake: SyntheticLake, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = ended(lake, capsys)
    assert code == 1
    assert "✓" not in out
    assert "not proven: the way from the sensors to the lake, for there is no receipt of datastreamer-local" in out


def test_a_loss_is_told_with_its_run_and_where_to_look(lake: SyntheticLake, capsys: pytest.CaptureFixture[str]) -> None:
    data = lake.send("run", seed=1, lines=60, devices=2)
    lake.deliver(data[:-1])
    lake.job()
    code, out = ended(lake, capsys)
    assert code == 1
    assert "lines acknowledged by Kinesis that are in no table" in out
    assert "of 1 devices (sensor-0002)); it is in shardId-000000000000 2 to" in out
    assert "✓" not in out


def test_a_count_that_stopped_is_told_as_at_least(lake: SyntheticLake, capsys: pytest.CaptureFixture[str]) -> None:
    many = {f"id-{number}": 2 for number in range(1_000)}
    ledger = reconcile(Evidence(0, {}, {}, {}, {}, repeated_event_ids=many, at_most_repeated=1_000))
    assert ledger.findings[0] == Finding(
        "event_ids that are curated more than once", 1_000, ledger.findings[0].culprits, at_least=True
    )
    verdict = auditing.Verdict(ledger, ledger.findings, (), (), 0, 0)
    audit._show(
        verdict,
        auditing.receipts_of_stream(lake.folder, NAMES, {"kinesis": Kinesis()}.__getitem__),
        LakeContext("local", lake=lake),
    )
    assert "✗ at least 1,000 event_ids that are curated more than once" in capsys.readouterr().out


def test_delivery_is_awaited_line_by_line_whatever_surplus_there_is(
    lake: SyntheticLake, capsys: pytest.CaptureFixture[str]
) -> None:
    first = lake.send("lossy", seed=1, lines=100, copies=20)
    second = lake.send("victim", seed=2, lines=40, killed=True)
    lake.deliver([*first, *second[:-2]])
    wait = partial(await_delivery.await_delivery, receipts=lake.folder, timeout=0.05, as_json=True, stage="local")
    with pytest.raises(RetryableError, match=r"^[1-8] readings are not in raw S3"):
        wait()
    lake.deliver(second[-2:], objects=1)
    wait()
    answer = json.loads(capsys.readouterr().out)
    assert answer["delivered"] > answer["acknowledged"] > 130, (
        "copies that were sent after the last save are not counted"
    )
    assert answer["objects"] == 3


def test_a_run_without_a_journal_is_awaited_by_its_number_and_says_so(
    lake: SyntheticLake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.deliver(lake.send("run", seed=1, lines=30))
    (lake.folder / "run.ids").unlink()
    await_delivery.await_delivery(receipts=lake.folder, timeout=0.05, as_json=False, stage="local")
    assert "no journal names 30 of the lines: only their number is waited for" in capsys.readouterr().err


def test_only_damage_that_the_job_found_can_be_acknowledged(
    lake: SyntheticLake, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"{NAMES.raw_prefix}2025/10/15/09/damaged.gz"
    lake.s3.put_object(Bucket=NAMES.data_bucket, Key=key, Body=gzip.compress(b"noise " * 99)[:-9])
    lake.deliver(lake.send("run", seed=1, lines=30))
    lake.job()
    uri = f"s3://{NAMES.data_bucket}/{key}"
    say = partial(acknowledge.acknowledge, as_json=False, stage="local")
    with pytest.raises(UsageError, match=f"found no damage in s3://elsewhere; damaged are: {uri}"):
        say(uri="s3://elsewhere", reason="x")
    with pytest.raises(UsageError, match="say why"):
        say(uri=uri, reason=" ")
    code, out = ended(lake, capsys)
    assert code == 1
    assert "1 damaged raw objects that nobody has acknowledged (datastreamer telemetry acknowledge)" in out
    say(uri=uri, reason="a lorry")
    assert f"acknowledged {uri}: truncated gzip stream" in capsys.readouterr().out
    code, out = ended(lake, capsys)
    assert code == 0
    assert "damaged object" in out
