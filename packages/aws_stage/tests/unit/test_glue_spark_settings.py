"""Spark for a Glue run on this machine: what it needs, and how much of the machine it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aws_stage.engines.glue_jobs import spark
from aws_stage.errors import ConfigurationError


def test_a_machine_without_java_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no java in PATH: Spark needs Java 17"):
        spark.find_java({"PATH": str(tmp_path)})
    with pytest.raises(ConfigurationError, match=f"JAVA_HOME={tmp_path}"):
        spark.find_java({"PATH": os.environ["PATH"], "JAVA_HOME": str(tmp_path)})


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch(mode=0o755)
    assert spark.find_java({"PATH": "/nowhere", "JAVA_HOME": str(tmp_path)}) == java


@pytest.mark.parametrize(("release", "refused"), [("21.0.4", True), ("17.0.15", False), ("1.8.0_402", False)])
def test_a_java_that_spark_does_not_run_on_is_refused(tmp_path: Path, release: str, refused: bool) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch(mode=0o755)
    (tmp_path / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{release}"\n')
    if refused:
        with pytest.raises(ConfigurationError, match="is Java 21, and Spark"):
            spark.find_java({"JAVA_HOME": str(tmp_path)})
    else:
        assert spark.find_java({"JAVA_HOME": str(tmp_path)}) == java


def test_a_missing_jar_is_named_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    (tmp_path / "hadoop-aws-3.3.1.jar").touch()
    with pytest.raises(ConfigurationError, match=r"the jar aws-java-sdk-bundle is not in .*AWS_STAGE_JARS"):
        spark.find_jars(tmp_path)


def test_a_worker_is_capped_to_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 64 * 2**30 // 4096)
    assert [spark.cores("G.1X", workers) for workers in (1, 2, 3, 10)] == [4, 4, 8, 8]
    assert spark.cores("G.025X", 2) == 2
    assert spark.driver_memory_mib("G.1X") == 10 * 1024
    assert spark.driver_memory_mib("G.4X") == 64 * 1024 * 2 // 5


def test_a_runs_settings_name_its_endpoint_and_its_folder(tmp_path: Path) -> None:
    jars = [tmp_path / "hadoop-aws.jar", tmp_path / "sdk.jar"]
    settings = spark.defaults("http://localhost:4640", "G.1X", 2, jars, tmp_path)
    assert settings["spark.hadoop.fs.s3a.endpoint"] == "http://localhost:4640"
    assert settings["spark.driver.extraClassPath"] == f"{jars[0]}:{jars[1]}"
    assert settings["spark.sql.warehouse.dir"].startswith(str(tmp_path))
    assert settings["spark.driver.bindAddress"] == "127.0.0.1"
