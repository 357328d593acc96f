"""Where the jars lie that Spark needs, for tests of Glue jobs."""

from __future__ import annotations

import os
from pathlib import Path

JARS = Path(__file__).resolve().parents[3] / ".local" / "jars"

os.environ.setdefault("AWS_STAGE_JARS", str(JARS))
