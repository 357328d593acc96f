"""The order in which the stage's engines start and stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_stage.daemon.stage import ENGINES, LocalStage
from event_loops import run


@dataclass
class FakeEngine:
    """Notes down when it starts and stops."""

    name: str
    seen: list[str]
    fails: bool = False

    def start(self) -> None:
        self.seen.append(f"start {self.name}")

    def stop(self) -> None:
        self.seen.append(f"stop {self.name}")
        if self.fails:
            raise RuntimeError("it does not want to")


@dataclass
class Rest:
    """What else a stage starts and stops."""

    seen: list[str] = field(default_factory=list)

    def attach(self, _loop: Any) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None:
        self.seen.append("state saved")


def stage_of(seen: list[str], *engines: FakeEngine) -> LocalStage:
    stage = LocalStage.__new__(LocalStage)
    rest: Any = Rest(seen)
    fakes: Any = list(engines)
    settings: Any = type("Settings", (), {"endpoint_url": "", "data_dir": ""})
    stage.engines, stage.settings = fakes, settings
    stage._backend, stage._durable, stage._health = rest, rest, {}
    return stage


def test_engines_stop_in_the_opposite_order_and_the_state_is_saved_after_them() -> None:
    seen: list[str] = []
    stage = stage_of(seen, FakeEngine("a", seen), FakeEngine("b", seen))
    run(stage.start_engines())
    run(stage.stop_engines())
    assert seen == ["start a", "start b", "stop b", "stop a", "state saved"]


def test_an_engine_that_fails_to_stop_keeps_no_other_from_stopping(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    stage = stage_of(seen, FakeEngine("a", seen), FakeEngine("b", seen, fails=True))
    run(stage.stop_engines())
    assert seen == ["stop b", "stop a", "state saved"]
    assert "engine b did not stop cleanly" in caplog.text


def test_mappings_start_after_all_that_their_functions_may_call() -> None:
    assert ENGINES[-1] == "event_source_mapping"
