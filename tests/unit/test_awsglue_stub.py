"""The local awsglue answers as Glue's library does, or says that it cannot."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from aws_stage.engines.glue_jobs.workspace import STUBS


@pytest.fixture
def utils(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(STUBS))
    yield importlib.import_module("awsglue.utils")
    for name in [name for name in sys.modules if name.partition(".")[0] == "awsglue"]:
        del sys.modules[name]


def test_options_come_back_with_glues_own_beside_them(utils: ModuleType) -> None:
    argv = ["script.py", "--JOB_NAME", "etl", "--JOB_RUN_ID", "jr_1", "--raw_path", "s3://b/", "--unasked", "x"]
    found = utils.getResolvedOptions(argv, ["JOB_NAME", "raw_path"])
    assert (found["JOB_NAME"], found["raw_path"], found["JOB_RUN_ID"]) == ("etl", "s3://b/", "jr_1")
    assert found["job_bookmark_option"] == "job-bookmark-disable"
    assert found["TempDir"] is None
    assert "unasked" not in found


def test_a_name_may_be_abbreviated_and_joined_with_its_value(utils: ModuleType) -> None:
    found = utils.getResolvedOptions(["s", "--cur=s3://c/", "--with-dash", "1"], ["curated_path", "with-dash"])
    assert (found["curated_path"], found["with_dash"]) == ("s3://c/", "1")


def test_an_abbreviation_of_two_options_is_refused(utils: ModuleType) -> None:
    with pytest.raises(utils.GlueArgumentError, match="ambiguous option: --path"):
        utils.getResolvedOptions(["s", "--path", "x"], ["path_in", "path_out"])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "the following arguments are required: --raw_path"),
        (["--raw_path"], "argument --raw_path: expected one argument"),
        (["--raw_path", "x", "--job-bookmark-option", "perhaps"], "invalid choice: 'perhaps'"),
    ],
)
def test_what_does_not_fit_is_an_argument_error(utils: ModuleType, argv: list[str], message: str) -> None:
    with pytest.raises(utils.GlueArgumentError, match=message):
        utils.getResolvedOptions(["script.py", *argv], ["raw_path"])


def test_names_that_glue_reserves_cannot_be_asked_for(utils: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="Using reserved arguments --JOB_RUN_ID"):
        utils.getResolvedOptions(["script.py"], ["JOB_RUN_ID"])


def test_a_temporary_folder_answers_to_both_of_its_names(utils: ModuleType) -> None:
    found = utils.getResolvedOptions(["script.py", "--TempDir", "s3://t/"], ["TempDir"])
    assert (found["TempDir"], found["RedshiftTempDir"]) == ("s3://t/", "s3://t/")


def test_transforms_are_refused_by_name(utils: ModuleType) -> None:  # noqa: ARG001  puts the package on the path
    transforms = importlib.import_module("awsglue.transforms")
    with pytest.raises(NotImplementedError, match="ApplyMapping"):
        _ = transforms.ApplyMapping
