"""Following a crawler: what is waited for, what is an error."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.waiting import Patience
from datastreamer.errors import ConfigurationError, JobFailedError
from datastreamer.telemetry.crawls import crawl
from tests.unit.aws.scripted_glue import FakeTime, ScriptedGlue


@pytest.fixture
def patience() -> Patience:
    return FakeTime().patience(timeout=10)


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
