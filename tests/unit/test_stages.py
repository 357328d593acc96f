"""Stages are folders of values."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.stages import enter_stage, stage_environment, stage_names


def test_a_stage_answers_to_its_own_name_and_to_its_folders() -> None:
    names = stage_names()
    assert names["prod"] == names["production"]
    assert {"prod", "staging", "local"} <= set(names)


def test_entering_a_stage_wins_over_the_callers_environment() -> None:
    environ = {"AWS_DEFAULT_REGION": "us-east-1"}
    assert enter_stage("production", environ) == "prod"
    assert environ["AWS_DEFAULT_REGION"] == "ap-northeast-1"


@pytest.mark.parametrize(
    ("stage", "variable", "value"),
    [
        ("prod", "AWS_ENDPOINT_URL", "http://localhost:4566"),
        ("prod", "AWS_ENDPOINT_URL_KINESIS", "http://localhost:4566"),
        ("local", "AWS_ENDPOINT_URL_S3", "https://s3.ap-northeast-1.amazonaws.com"),
        ("local", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ],
)
def test_a_variable_that_leads_to_another_stage_is_refused_and_nothing_is_entered(
    stage: str, variable: str, value: str
) -> None:
    environ = {variable: value}
    with pytest.raises(ConfigurationError, match=rf"{variable}={value} is set.*unset {variable}\b"):
        enter_stage(stage, environ)
    assert environ == {variable: value}


def test_an_endpoint_that_the_stage_itself_names_replaces_the_callers() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://localhost:1", "AWS_STAGE_PORT": "4999", "AWS_ENDPOINT_URL_S3": ""}
    enter_stage("local", environ)
    assert environ["AWS_ENDPOINT_URL"] == "http://localhost:4999"


@pytest.mark.parametrize(("environ", "port"), [({}, 4566), ({"AWS_STAGE_PORT": "4999"}, 4999)])
def test_the_local_endpoint_follows_the_port(environ: dict[str, str], port: int) -> None:
    assert stage_environment("local", environ)["AWS_ENDPOINT_URL"] == f"http://localhost:{port}"


def test_production_names_no_endpoint() -> None:
    assert "AWS_ENDPOINT_URL" not in stage_environment("prod", {})


def test_a_typo_names_the_nearest_stage() -> None:
    with pytest.raises(UsageError, match="Did you mean 'staging'"):
        stage_environment("stagin", {})


def test_a_file_without_its_stage_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "stage.env").write_text("AWS_DEFAULT_REGION=eu-west-1\n")
    with pytest.raises(ConfigurationError, match="DATASTREAMER_STAGE is missing"):
        stage_names(tmp_path)
