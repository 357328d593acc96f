"""The folder of one run: its script, its files, Spark's settings, and the command and environment of its process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.glue_jobs import arguments, spark
from aws_stage.errors import ConfigurationError
from aws_stage.kernel.settings import ACCOUNT_ID, OWN_SECRET, Settings

STUBS = Path(__file__).resolve().parents[2] / "stubs"
LAUNCHER = Path(__file__).with_name("launcher.py")

_INHERITED = ("PATH", "HOME", "JAVA_HOME", "LANG", "LC_ALL", "TMPDIR", "USER")
"""A job sees no more of the stage's environment than this: on Glue it would see none of it."""


class Workspace:
    """Prepares ``directory`` for a run; ``prepare`` raises ConfigurationError when the run cannot start."""

    def __init__(self, directory: Path, settings: Settings, s3: Any) -> None:
        self.directory = directory
        self.stdout = directory / "stdout"
        self.stderr = directory / "stderr"
        self.result = directory / "result.json"
        self._settings = settings
        self._s3 = s3
        self._spark: dict[str, str] = {}

    def prepare(self, job: Mapping[str, Any], run: Mapping[str, Any]) -> None:
        """Download what the run needs and write its settings; after it, ``command`` and ``environment`` are ready."""
        self.directory.mkdir(parents=True)
        given: dict[str, str] = run["Arguments"]
        script = self._download(job["Command"]["ScriptLocation"], "script")
        for address in arguments.file_list(given, "--extra-py-files"):
            self._download(address, "python")
        for address in arguments.file_list(given, "--extra-files"):
            self._download(address, "script")
        if job["Command"]["Name"] == "glueetl":
            self._spark = self._spark_environment(run)
        launch = {
            "script": str(script),
            "arguments": arguments.command_line(given, run["JobName"], run["Id"]),
            "parent": os.getpid(),
        }
        (self.directory / "launch.json").write_text(json.dumps(launch), encoding="utf-8")

    def command(self) -> list[str]:
        """The command line of the run's process."""
        return [sys.executable, "-u", str(LAUNCHER), str(self.directory)]

    def environment(self) -> dict[str, str]:
        """The whole environment of the run's process."""
        python = self.directory / "python"
        archives = [path for path in sorted(python.glob("*")) if path.suffix != ".py"]
        python_path = [str(STUBS), *map(str, archives), str(python)]
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "AWS_ENDPOINT_URL": self._settings.endpoint_url,
            "AWS_DEFAULT_REGION": self._settings.region,
            "AWS_REGION": self._settings.region,
            "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
            "AWS_SECRET_ACCESS_KEY": OWN_SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GLUE_VERSION": "5.1",
            "PYTHONPATH": os.pathsep.join(python_path),
            "SPARK_LOCAL_DIRS": str(self.directory / "spark"),
            "TZ": "UTC",
            **self._spark,
        }

    def _download(self, address: str, folder: str) -> Path:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        if not address.startswith("s3://") or not key or key.endswith("/"):
            raise ConfigurationError(f"{address!r} is not the address of an S3 object: write s3://bucket/key")
        target = self.directory / folder / Path(key).name
        target.parent.mkdir(exist_ok=True)
        try:
            self._s3.download_file(bucket, key, str(target))
        except ClientError as error:
            raise ConfigurationError(f"cannot download {address}: {error.response['Error'].get('Code')}") from error
        return target

    def _spark_environment(self, run: Mapping[str, Any]) -> dict[str, str]:
        spark.find_java(os.environ)
        settings = spark.defaults(
            self._settings.endpoint_url,
            run.get("WorkerType") or "G.1X",
            int(run.get("NumberOfWorkers") or 2),
            spark.find_jars(self._settings.jars_dir),
            self.directory,
        )
        settings.update(arguments.spark_settings(run["Arguments"]))
        return spark.environment(self.directory / "conf", settings, self._settings.region)
