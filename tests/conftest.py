"""What every kind of test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_stage.testing import REGION, RunningStage, free_port, localhost_names

__all__ = ["REGION", "REPOSITORY", "RunningStage", "free_port", "lake_environment"]

REPOSITORY = Path(__file__).resolve().parent.parent


def lake_environment(stage: RunningStage) -> dict[str, str]:
    """What a child process needs to put the lake on ``stage``, and to keep beside it what that makes."""
    return {**stage.environment, "DATASTREAMER_DATA_DIR": str(stage.data_dir)}


os.environ.setdefault("AWS_STAGE_JARS", str(REPOSITORY / ".local" / "jars"))


@pytest.fixture(scope="session", autouse=True)
def _localhost_names() -> Iterator[None]:
    """APIs and sites of a stage have names below localhost."""
    with localhost_names.resolved():
        yield


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """A command enters a stage through the environment of its process: what one test has entered, the next has not."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
