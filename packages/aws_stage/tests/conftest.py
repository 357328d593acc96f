"""Where the jars lie that Spark needs, for tests of Glue jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_stage.testing import localhost_names

JARS = Path(__file__).resolve().parents[3] / ".local" / "jars"

os.environ.setdefault("AWS_STAGE_JARS", str(JARS))


@pytest.fixture(scope="session", autouse=True)
def _localhost_names() -> Iterator[None]:
    """APIs and sites of a stage have names below localhost."""
    with localhost_names.resolved():
        yield
