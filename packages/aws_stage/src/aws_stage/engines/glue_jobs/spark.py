"""What Spark needs on a laptop to behave as on a Glue worker: Java, the S3 jars, and its settings."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from aws_stage.errors import ConfigurationError
from aws_stage.kernel.settings import ACCOUNT_ID, HOST, OWN_SECRET

LATE_C2 = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
"""Java's second compiler waits ten times as long as usual before it takes up a method: on two cores its work is taken
from the job's. A run of 100,000 rows needs 18 s of CPU instead of 22, one of five million 51 instead of 56."""

CLASS_ARCHIVE = "spark.jsa"
"""Beside the jars, where it was made: see ``class_archive``."""

QUIET_ARCHIVE = "-Xlog:cds=off -Xlog:cds+dynamic=off"
"""An archive that is not of this Java or these jars is not used, and nothing is said of it."""

WORKERS = {
    "Standard": (4, 16),
    "G.025X": (2, 4),
    "G.1X": (4, 16),
    "G.2X": (8, 32),
    "G.4X": (16, 64),
    "G.8X": (32, 128),
    "G.12X": (48, 192),
    "G.16X": (64, 256),
    "R.1X": (4, 32),
    "R.2X": (8, 64),
    "R.4X": (16, 128),
    "R.8X": (32, 256),
}
"""Worker type to (vCPU, GiB of memory): https://docs.aws.amazon.com/glue/latest/dg/worker-types.html"""

LAUNCHER_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For the short-lived Java that only works out Spark's command line: it ends before the slower compiler would pay."""

LOG4J = """rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.s3a.name = org.apache.hadoop.metrics2
logger.s3a.level = error
"""


JAVA_VERSIONS = (8, 11, 17)
"""https://spark.apache.org/docs/3.5.6/#downloading; Glue 5.1 has 17."""

_INSTALL = (
    "Install it (Debian and Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk@17; "
    "Fedora: java-17-openjdk-headless), then run the job again."
)


def find_java(environ: Mapping[str, str]) -> Path:
    """``java`` of JAVA_HOME, else of PATH; raises ConfigurationError that says what to install."""
    home = environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else environ.get("PATH"))
    if found is None:
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise ConfigurationError(f"there is no java in {where}: Spark needs Java 17. {_INSTALL}")
    version = _version(Path(found))
    if version is not None and version not in JAVA_VERSIONS:
        raise ConfigurationError(f"{found} is Java {version}, and Spark 3.5 needs Java 17. {_INSTALL}")
    return Path(found)


def _version(java: Path) -> int | None:
    """The major version, from the ``release`` file beside the installation's ``bin``; None when there is none."""
    try:
        text = (java.resolve().parent.parent / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(match[1]) if match else None


def find_jars(folder: Path) -> list[Path]:
    """The jars that let Spark read and write S3; raises ConfigurationError when they are not there."""
    jars = sorted(folder.glob("*.jar"))
    for wanted in ("hadoop-aws", "aws-java-sdk-bundle"):
        if not any(jar.name.startswith(wanted) for jar in jars):
            raise ConfigurationError(
                f"the jar {wanted} is not in {folder}: put hadoop-aws and aws-java-sdk-bundle there (PyPI's "
                "sagemaker-pyspark has both), or name another folder in AWS_STAGE_JARS."
            )
    return jars


def driver_memory_mib(worker_type: str) -> int:
    """Java heap of the driver: Glue gives a G.1X driver 10 of its 16 GiB; here never over 40 % of the machine."""
    _, gib = WORKERS[worker_type]
    machine_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(1024, min(gib * 1024 * 10 // 16, machine_mib * 2 // 5))


def cores(worker_type: str, workers: int) -> int:
    """Task slots: the executors' (all workers but the driver's), here never over the machine's processors."""
    vcpu, _ = WORKERS[worker_type]
    return max(1, min(vcpu * max(1, workers - 1), os.cpu_count() or 1))


def sdk_override(region: str) -> str:
    """``awssdk_config_override.json``, which AWS's Java SDK reads from the classpath: it tells a host's region.

    Without it the SDK signs for us-east-1 on any host that is not AWS's own, and the stage's S3 redirects.
    """
    return json.dumps({"hostRegexToRegionMappings": [{"hostNameRegex": "localhost", "regionName": region}]})


def defaults(endpoint_url: str, worker_type: str, workers: int, jars: list[Path], scratch: Path) -> dict[str, str]:
    """``spark-defaults.conf`` of a run; the job's own ``--conf`` and its code win over it."""
    java = ["-XX:+UseParallelGC", LATE_C2, f"-Dderby.system.home={scratch / 'derby'}"]
    if (archive := jars[0].with_name(CLASS_ARCHIVE)).exists():
        java += [f"-XX:SharedArchiveFile={archive}", QUIET_ARCHIVE]
    return {
        "spark.master": f"local[{cores(worker_type, workers)}]",
        "spark.driver.memory": f"{driver_memory_mib(worker_type)}m",
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.extraJavaOptions": " ".join(java),
        "spark.driver.extraClassPath": os.pathsep.join(map(str, jars)),
        "spark.python.daemon.module": "aws_stage.engines.glue_jobs.python_workers",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3n.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint_url,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "spark.hadoop.fs.s3a.access.key": ACCOUNT_ID,
        "spark.hadoop.fs.s3a.secret.key": OWN_SECRET,
        "spark.hadoop.fs.s3a.attempts.maximum": "5",
        # Glue's own committer, too, makes a task's files visible when the task commits, not when the job does.
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    }


def environment(conf: Path, settings: Mapping[str, str], region: str) -> dict[str, str]:
    """The variables of a process that starts Spark with ``settings``, whose files are written into the folder ``conf``.

    Not by SPARK_CONF_DIR, which stands before Spark's jars: Java takes classes from an archive only where the class
    path begins as it did when the archive was made.
    """
    conf.mkdir()
    defaults_file = conf / "spark-defaults.conf"
    defaults_file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    (conf / "log4j2.properties").write_text(LOG4J, encoding="utf-8")
    (conf / "awssdk_config_override.json").write_text(sdk_override(region), encoding="utf-8")
    return {
        "HADOOP_CONF_DIR": str(conf),
        "PYSPARK_SUBMIT_ARGS": shlex.join(["--properties-file", str(defaults_file), "pyspark-shell"]),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LAUNCHER_OPTS": LAUNCHER_OPTIONS,
        "SPARK_LOCAL_IP": HOST,
        "TZ": "UTC",
    }
