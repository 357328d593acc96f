"""Who is asked before something changes, and what a command ends with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from datastreamer.errors import ProvisioningError
from datastreamer.provisioning.provisioner import Plan
from scripts import provision


class FakeWorkspace:
    def __init__(self, stage: str) -> None:
        self.name = stage


class FakeProvisioner:
    """Plans three changes (or ``changes``) and remembers what it was told to do."""

    done: ClassVar[list[str]] = []
    changes: ClassVar[int] = 3
    fails: ClassVar[bool] = False

    def __init__(self, stage: str, _environ: Any, _report: Any) -> None:
        self.workspace = FakeWorkspace(stage)

    def keep_pipelines(self, added: Sequence[str] = ()) -> None:
        self.done.extend(f"added {name}" for name in added)

    def plan(self, *, destroy: bool = False) -> Plan:
        return Plan(Path("destroy.tfplan" if destroy else "plan.tfplan"), self.changes, 1.0)

    def show(self, plan: Plan, **_: Any) -> None:
        self.done.append(f"showed {plan.file}")

    def apply(self, plan: Plan | None = None) -> int:
        if self.fails:
            raise ProvisioningError("terraform apply failed")
        self.done.append(f"applied {plan.file if plan else 'at once'}")
        return self.changes

    def destroy(self, plan: Plan | None = None) -> int:
        self.done.append(f"destroyed {plan.file if plan else 'at once'}")
        return self.changes


class FakeAccount(FakeProvisioner):
    """The account's, which has no stage."""

    def __init__(self, environ: Any, report: Any) -> None:
        super().__init__("account", environ, report)


class FakeCutOff:
    """Notes when it was told to look."""

    looked: ClassVar[list[str]] = []

    def __init__(self, provisioner: FakeProvisioner, _client: Any, tags: dict[str, str], stack: str) -> None:
        assert stack == f"datastreamer-{provisioner.workspace.name}-inference"
        assert tags == {"PROJECT": "datastreamer", "STAGE": provisioner.workspace.name}
        self._done = provisioner.done

    def take_up(self, plan: Plan | None = None) -> bool:
        self.looked.append(f"after {len(self._done)} steps, {plan.file.name if plan else 'no plan'}")
        return False

    def name_left(self) -> list[Any]:
        self.looked.append(f"what is left after {self._done[-1]}")
        return []


@pytest.fixture(autouse=True)
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    FakeProvisioner.done = []
    FakeCutOff.looked = []
    FakeProvisioner.changes = 3
    FakeProvisioner.fails = False
    monkeypatch.setattr(provision, "Provisioner", FakeProvisioner)
    monkeypatch.setattr(provision, "AccountProvisioner", FakeAccount)
    monkeypatch.setattr(provision, "CutOff", FakeCutOff)
    monkeypatch.setattr(provision, "enter_stage", lambda stage, _environ: stage)
    return FakeProvisioner.done


def answer(monkeypatch: pytest.MonkeyPatch, words: str | None) -> None:
    """Somebody at the terminal who says ``words``, or nobody."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: words is not None, raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: words)


def test_apply_shows_asks_and_applies_what_it_showed(monkeypatch: pytest.MonkeyPatch, done: list[str]) -> None:
    answer(monkeypatch, "yes")
    assert provision.main(["apply", "production"]) == 0
    assert done == ["showed plan.tfplan", "applied plan.tfplan"]


def test_what_an_apply_left_that_was_cut_off_is_looked_for_first_and_after_a_destroy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer(monkeypatch, "yes")
    saved = tmp_path / "saved.tfplan"
    saved.touch()
    provision.main(["apply", "production"])
    provision.main(["apply", "production", "--plan", str(saved)])
    provision.main(["destroy", "production"])
    assert FakeCutOff.looked == [
        "after 0 steps, no plan",
        "after 2 steps, saved.tfplan",
        "what is left after destroyed destroy.tfplan",
    ]


@pytest.mark.parametrize("words", ["no", "y", "", None])
def test_anything_but_yes_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, done: list[str], words: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, words)
    assert provision.main(["apply", "production"]) == 2
    assert provision.main(["destroy", "production"]) == 2
    assert done == ["showed plan.tfplan", "showed destroy.tfplan"]
    error = capsys.readouterr().err
    assert ("AUTO_APPROVE=1" if words is None else "nothing changed") in error


def test_approval_beforehand_asks_nobody(monkeypatch: pytest.MonkeyPatch, done: list[str]) -> None:
    answer(monkeypatch, None)
    assert provision.main(["apply", "production", "--auto-approve"]) == 0
    assert provision.main(["destroy", "production", "--auto-approve"]) == 0
    assert done == ["applied at once", "destroyed at once"]


def test_the_local_stage_is_applied_unasked_and_destroyed_asked(
    monkeypatch: pytest.MonkeyPatch, done: list[str]
) -> None:
    answer(monkeypatch, None)
    assert provision.main(["apply", "local"]) == 0
    assert provision.main(["destroy", "local"]) == 2
    assert done == ["applied at once", "showed destroy.tfplan"]


def test_another_stages_approval_in_the_environment_approves_nothing(
    monkeypatch: pytest.MonkeyPatch, done: list[str]
) -> None:
    monkeypatch.setenv("DATASTREAMER_AUTO_APPROVE", "1")
    answer(monkeypatch, None)
    assert provision.main(["apply", "production"]) == 2
    assert done == ["showed plan.tfplan"]


def test_nothing_to_change_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeProvisioner.changes = 0
    answer(monkeypatch, None)
    assert provision.main(["apply", "production"]) == 0


def test_a_saved_plan_is_applied_as_it_is(done: list[str], tmp_path: Path) -> None:
    plan = tmp_path / "approved.tfplan"
    plan.touch()
    assert provision.main(["apply", "production", "--plan", str(plan)]) == 0
    assert done == [f"applied {plan}"]
    assert provision.main(["apply", "production", "--plan", str(tmp_path / "gone")]) == 2


def test_plan_says_with_its_exit_code_whether_there_are_changes() -> None:
    assert provision.main(["plan", "production"]) == 0
    assert provision.main(["plan", "production", "--detailed-exitcode"]) == 3
    FakeProvisioner.changes = 0
    assert provision.main(["plan", "production", "--detailed-exitcode"]) == 0


def test_a_failure_is_one_message_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    FakeProvisioner.fails = True
    assert provision.main(["apply", "production", "--auto-approve"]) == 1
    assert capsys.readouterr().err == "error: terraform apply failed\n"


def test_a_pipeline_can_be_switched_on(done: list[str]) -> None:
    assert provision.main(["apply", "local", "--auto-approve", "--pipeline", "votes"]) == 0
    assert done == ["added votes", "applied at once"]


def test_ctrl_c_is_said_and_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeProvisioner, "apply", interrupted)
    assert provision.main(["apply", "production", "--auto-approve"]) == 130
    assert capsys.readouterr().err.startswith("interrupted: ")


def test_what_there_is_not_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert provision.main(["aply", "production"]) == 2
    assert provision.main(["apply"]) == 2
    assert provision.main(["apply", "production", "--yes"]) == 2
    assert "No such option" in capsys.readouterr().err


def test_the_account_is_changed_after_a_yes_and_not_without(
    done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert provision.main(["account"]) == 2
    assert done == ["showed plan.tfplan"]

    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    assert provision.main(["account"]) == 0
    assert provision.main(["account", "--auto-approve"]) == 0
    assert done[1:] == ["showed plan.tfplan", "applied plan.tfplan", "applied at once"]
    assert "The account is in place: 3 changes." in capsys.readouterr().out
