"""``datastreamer votes audit``: what it prints, writes and ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context
from datastreamer.cli.votes import audit as command
from datastreamer.errors import ConfigurationError
from datastreamer.votes.audit import Counts

GOOD = Counts(taken=10, of_the_run=10, in_the_lake=25, records=30, in_the_totals=25)
LOST = Counts(taken=10, of_the_run=9, in_the_lake=24, records=29, in_the_totals=25)


class FakeContext(Context):
    """A stage entered without AWS."""

    account = "123456789012"  # type: ignore[assignment]  # the real one asks STS

    def client(self, service: str) -> Any:
        return service


@pytest.fixture
def receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "votes.json"
    path.write_text(json.dumps({"stage": "test", "client_ids": []}))
    monkeypatch.setattr(Context, "enter", FakeContext)
    return path


def counted(monkeypatch: pytest.MonkeyPatch, counts: dict[str, Counts]) -> list[Any]:
    asked: list[Any] = []

    def settled(_receipt: Any, names: Any, _athena: Any, _dynamodb: Any, patience: Patience) -> dict[str, Counts]:
        asked.append((names.workgroup, patience.timeout))
        return counts

    monkeypatch.setattr(command, "settled_counts", settled)
    return asked


def test_counts_that_agree_are_shown_and_written(
    receipt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = counted(monkeypatch, {"kinoko": GOOD, "takenoko": GOOD})
    ledger = receipt.with_suffix(".ledger")
    command.audit(receipt=receipt, timeout=3, ledger_file=ledger, as_json=False, stage="test")
    assert asked == [("datastreamer-test-votes", 3)]
    assert json.loads(ledger.read_text())["kinoko"] == {**vars(GOOD), "counted": 10}
    assert "each vote is in the totals once and in the lake once" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_lost_vote_is_named_and_fails(
    receipt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    counted(monkeypatch, {"kinoko": GOOD, "takenoko": LOST})
    with pytest.raises(typer.Exit) as ended:
        command.audit(receipt=receipt, timeout=0, ledger_file=None, as_json=as_json, stage="test")
    assert ended.value.exit_code == 1
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out)["balanced"] is False
    else:
        assert "takenoko: 10 taken, 9 of them in the lake" in out
        assert "kinoko: 10 taken, 10" not in out


def test_another_stages_receipt_is_refused(receipt: Path) -> None:
    with pytest.raises(ConfigurationError, match="is of stage test; name it: --stage test"):
        command.audit(receipt=receipt, timeout=0, ledger_file=None, as_json=False, stage="local")
