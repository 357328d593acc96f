"""``python -m local serve``: run the local stage in the foreground."""

from __future__ import annotations

import os
import sys

from local.settings import Settings
from local.stage import LocalStage

if __name__ == "__main__":
    if sys.argv[1:] != ["serve"]:
        sys.exit("usage: python -m local serve")
    LocalStage(Settings.from_env(os.environ)).serve()
