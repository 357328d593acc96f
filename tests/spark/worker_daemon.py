"""Spark's daemon of Python workers, for sessions that run many small tasks: ``spark.python.daemon.module``.

Spark puts its own jar and zips on the workers' path, and has importlib forget what it found at the beginning of each
task: Python then reads the directories of these archives again, of thousands of files. What they hold is installed.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if not entry.endswith((".jar", ".zip"))]
    sys.path_importer_cache.clear()
    from pyspark.daemon import manager

    manager()
