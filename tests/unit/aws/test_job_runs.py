"""Following a Glue job: what is reported, what is waited for, what is an error."""

from __future__ import annotations

from typing import Any

import pytest

from datastreamer.aws.job_runs import follow_job, start_job
from datastreamer.aws.waiting import Patience
from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError
from tests.unit.aws.scripted_glue import FakeTime, ScriptedGlue


def job_run(state: str, **more: Any) -> dict[str, Any]:
    return {"JobRun": {"JobRunState": state, **more}}


@pytest.fixture
def patience() -> Patience:
    return FakeTime().patience(timeout=10)


def test_a_run_is_followed_through_its_states_to_success(patience: Patience) -> None:
    glue: Any = ScriptedGlue(get_job_run=[job_run("STARTING"), job_run("RUNNING"), job_run("SUCCEEDED", Id="jr_1")])
    seen: list[str] = []
    assert follow_job(glue, "job", "jr_1", patience=patience, report=seen.append)["Id"] == "jr_1"
    assert seen == ["STARTING", "RUNNING"]


@pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT"])
def test_a_run_that_does_not_succeed_fails_with_its_own_message(patience: Patience, state: str) -> None:
    glue: Any = ScriptedGlue(get_job_run=[job_run(state, ErrorMessage="ValueError: no such column")])
    with pytest.raises(JobFailedError, match=f"{state}: ValueError: no such column"):
        follow_job(glue, "job", "jr_1", patience=patience)


def test_a_run_that_outlasts_our_patience_goes_on_without_us(patience: Patience) -> None:
    glue: Any = ScriptedGlue(get_job_run=[job_run("RUNNING")] * 20)
    with pytest.raises(RetryableError, match="still RUNNING after 10 s"):
        follow_job(glue, "job", "jr_1", patience=patience)


def test_starting_waits_for_the_run_before(patience: Patience) -> None:
    glue: Any = ScriptedGlue(
        start_job_run=["ConcurrentRunsExceededException", "ConcurrentRunsExceededException", {"JobRunId": "jr_2"}]
    )
    seen: list[str] = []
    assert start_job(glue, "job", patience=patience, report=seen.append) == "jr_2"
    assert len(seen) == 2


def test_starting_gives_up_when_the_run_before_never_ends(patience: Patience) -> None:
    glue: Any = ScriptedGlue(start_job_run=["ConcurrentRunsExceededException"] * 20)
    with pytest.raises(RetryableError, match="still on"):
        start_job(glue, "job", patience=patience)


def test_a_missing_job_says_to_apply_the_stage(patience: Patience) -> None:
    glue: Any = ScriptedGlue(start_job_run=["EntityNotFoundException"])
    with pytest.raises(ConfigurationError, match="make apply"):
        start_job(glue, "absent", patience=patience)
