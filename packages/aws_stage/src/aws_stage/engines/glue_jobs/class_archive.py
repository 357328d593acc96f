"""Spark's classes as Java has them in memory, kept in a file: ``python -m aws_stage.engines.glue_jobs.class_archive``.

Much of the processor time of a short run goes into reading, checking and linking some 15,000 classes. Java can keep
them as they are after that, and map the file the next time
(https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html). It does so only where the Java, the class path
and the jars are those that the file was made with; else it reads the jars as always. So the file is made once, beside
the jars, and nothing depends on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aws_stage.engines.glue_jobs import spark
from aws_stage.errors import ConfigurationError
from aws_stage.kernel.settings import Settings

_WARM_UP: Final = Path(__file__).with_name("class_archive_job.py")
_NOBODY: Final = "http://127.0.0.1:9"
"""Where nothing listens: the classes of S3's client are loaded all the same."""


def make(jars: Path) -> None:
    """Run a small job that uses what jobs use, and keep the classes that it loaded beside ``jars``.

    Raises ConfigurationError where Java or a jar is missing, and when the job fails.
    """
    java = spark.find_java(os.environ)
    found = spark.find_jars(jars)
    (jars / spark.CLASS_ARCHIVE).unlink(missing_ok=True)
    with TemporaryDirectory(dir=jars) as name:
        folder = Path(name)
        made = folder / spark.CLASS_ARCHIVE
        settings = {
            **spark.defaults(_NOBODY, "G.025X", 2, found, folder),
            "spark.hadoop.fs.s3a.attempts.maximum": "1",
            "spark.hadoop.fs.s3a.retry.limit": "0",
        }
        settings["spark.driver.extraJavaOptions"] += f" -XX:ArchiveClassesAtExit={made} {spark.QUIET_ARCHIVE}"
        environment = {
            **os.environ,
            **spark.environment(folder / "conf", settings, "us-east-1"),
            "SPARK_LOCAL_DIRS": str(folder),
        }
        done = subprocess.run(
            [sys.executable, str(_WARM_UP), str(folder)], env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode or not made.exists():
            raise ConfigurationError(f"{java} kept no classes of Spark: {done.stderr.strip()[-2000:]}")
        made.replace(jars / spark.CLASS_ARCHIVE)


def main() -> None:
    """Make it, or say why not: runs are slower then, and right."""
    try:
        make(Settings.from_env(os.environ).jars_dir)
    except ConfigurationError as error:
        print(f"Spark will start more slowly than it could. {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
