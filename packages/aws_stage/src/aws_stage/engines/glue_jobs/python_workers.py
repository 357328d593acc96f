"""Spark's daemon of Python workers, with a shorter path: ``spark.python.daemon.module`` of a run.

Spark puts its own jar and zips on the workers' path, and has importlib forget what it found at the beginning of each
task: Python then reads the directories of these archives again, of thousands of files. What they hold is installed, so
they are left out here; a job's own archives stay.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Serve workers until Spark ends."""
    sys.path[:] = [
        entry for entry in sys.path if not (entry.endswith((".jar", ".zip")) and Path(entry).is_relative_to(sys.prefix))
    ]
    sys.path_importer_cache.clear()
    from pyspark.daemon import manager  # as it is installed, and not from Spark's zip

    manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
