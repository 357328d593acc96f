"""What every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

from aws_stage.testing import REGION, RunningStage, free_port

__all__ = ["REGION", "REPOSITORY", "RunningStage", "free_port", "lake_environment"]

REPOSITORY = Path(__file__).resolve().parent.parent


def lake_environment(stage: RunningStage) -> dict[str, str]:
    """What a child process needs to put the lake on ``stage``, and to keep beside it what that makes."""
    return {**stage.environment, "DATASTREAMER_DATA_DIR": str(stage.data_dir)}


os.environ.setdefault("AWS_STAGE_JARS", str(REPOSITORY / ".local" / "jars"))
