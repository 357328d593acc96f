"""Following Glue: what is reported, what is waited for, what is an error."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.clock import Clock
from datastreamer.aws.waiting import Patience
from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError
from datastreamer.telemetry.runs import crawl, follow_job, start_job


class FakeTime(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> float:
        return self.seconds

    def patience(self, timeout: float) -> Patience:
        return Patience(timeout=timeout, clock=self)


class ScriptedGlue:
    """Glue that answers from a script; errors are the client's own."""

    def __init__(self, **answers: list[Any]) -> None:
        self.exceptions = boto3.client("glue", region_name="ap-northeast-1").exceptions
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def call(**_arguments: Any) -> Any:
            answer = self._answers[operation].pop(0)
            if isinstance(answer, str):
                raise getattr(self.exceptions, answer)({"Error": {"Code": answer, "Message": answer}}, operation)
            return answer

        return call


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


@mock_aws
def test_a_missing_job_says_to_apply_the_stage() -> None:
    with pytest.raises(ConfigurationError, match="make apply"):
        start_job(boto3.client("glue", region_name="ap-northeast-1"), "absent")


@mock_aws
def test_a_missing_crawler_says_to_apply_the_stage() -> None:
    with pytest.raises(ConfigurationError, match="make apply"):
        crawl(boto3.client("glue", region_name="ap-northeast-1"), "absent")


def test_a_crawl_that_is_on_is_joined(patience: Patience) -> None:
    glue: Any = ScriptedGlue(
        start_crawler=["CrawlerRunningException"],
        get_crawler=[
            {"Crawler": {"State": "RUNNING"}},
            {"Crawler": {"State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}},
        ],
    )
    assert crawl(glue, "crawler", patience=patience)["Status"] == "SUCCEEDED"


def test_a_failed_crawl_fails_with_its_own_message(patience: Patience) -> None:
    glue: Any = ScriptedGlue(
        start_crawler=[{}],
        get_crawler=[{"Crawler": {"State": "READY", "LastCrawl": {"Status": "FAILED", "ErrorMessage": "no bucket"}}}],
    )
    with pytest.raises(JobFailedError, match="no bucket"):
        crawl(glue, "crawler", patience=patience)
