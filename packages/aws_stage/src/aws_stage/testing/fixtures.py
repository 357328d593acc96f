"""pytest fixtures; ``-p aws_stage.testing.fixtures`` makes them known."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aws_stage.testing.running_stage import RunningStage, free_port


@pytest.fixture
def new_stage(tmp_path: Path) -> Iterator[Callable[..., RunningStage]]:
    """Start a stage that this test alone owns (to kill it, fill it, restart it); keywords are its environment."""
    started: list[RunningStage] = []

    def start(**settings: str) -> RunningStage:
        stage = RunningStage(free_port(), tmp_path / f"stage-{len(started)}", settings)
        started.append(stage)
        stage.start()
        return stage

    yield start
    for stage in started:
        stage.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStage]:
    """One stage for the whole session; tests name their resources apart."""
    running = RunningStage(free_port(), tmp_path_factory.mktemp("stage"))
    running.start()
    yield running
    running.stop()
