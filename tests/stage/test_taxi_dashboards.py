"""``datastreamer taxi dashboards`` on a domain of a stage, as on AWS: signed requests, and nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from datastreamer.aws.search_domain import SearchDomain
from tests.conftest import REGION, RunningStage, lake_environment

pytestmark = pytest.mark.stage

PREDICTION = {"trip_id": "a", "event_time": "2026-11-30T12:00:00.000Z", "is_outlier": True, "outlier": 1}


def dashboards(stage: RunningStage, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "datastreamer.cli", "taxi", "dashboards", *words],
        env=lake_environment(stage),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def name(stage: RunningStage) -> str:
    """A domain that lets in those who sign alone."""
    name = f"taxi-{uuid4().hex[:8]}"
    stage.client("opensearch").create_domain(DomainName=name)
    return name


@pytest.fixture
def domain(stage: RunningStage, name: str) -> SearchDomain:
    endpoint = stage.client("opensearch").describe_domain(DomainName=name)["DomainStatus"]["Endpoint"]
    credentials: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test").get_credentials()
    return SearchDomain(endpoint, credentials, REGION)


def install(stage: RunningStage, name: str, *words: str) -> dict[str, str]:
    """What became of each thing."""
    ran = dashboards(stage, "install", "--domain", name, "--json", *words)
    assert ran.returncode == 0, ran.stderr
    return {each["what"]: each["outcome"] for each in json.loads(ran.stdout)["changes"]}


def test_an_empty_domain_gets_everything_once(stage: RunningStage, name: str, domain: SearchDomain) -> None:
    first = install(stage, name)
    assert len(first) == 8
    assert set(first.values()) == {"created"}
    assert set(install(stage, name).values()) == {"unchanged"}
    written = domain.ask("POST", "/taxi-predictions-2026-11-30/_doc", PREDICTION)
    assert written.status == 201
    refused = domain.ask("POST", "/taxi-predictions-2026-11-30/_doc", {**PREDICTION, "tip_amount": 1})
    assert (refused.status, refused.document["error"]["type"]) == (400, "strict_dynamic_mapping_exception")
    explained = domain.must("GET", "/_plugins/_ism/explain/taxi-predictions-2026-11-30")
    assert explained["taxi-predictions-2026-11-30"]["policy_id"] == "taxi-predictions"


def test_what_people_have_changed_or_removed_is_put_right_and_nothing_else(
    stage: RunningStage, name: str, domain: SearchDomain
) -> None:
    install(stage, name)
    objects = "/_dashboards/api/saved_objects"
    assert domain.ask("DELETE", f"{objects}/search/taxi-latest-outliers", headers={"osd-xsrf": "1"}).status == 200
    domain.must("DELETE", "/_index_template/taxi-predictions")
    again = install(stage, name)
    changed = {what: outcome for what, outcome in again.items() if outcome != "unchanged"}
    assert changed == {"index template taxi-predictions": "created", "search 'Latest outliers'": "created"}


def test_another_retention_reaches_indices_that_are_there(stage: RunningStage, name: str, domain: SearchDomain) -> None:
    install(stage, name)
    domain.must("PUT", "/taxi-predictions-2026-11-29")
    again = install(stage, name, "--keep-days", "7")
    assert again["retention policy taxi-predictions"] == "updated"
    assert again["retention of taxi-predictions-2026-11-29"] == "updated"
    path = "/_plugins/_ism/explain/taxi-predictions-2026-11-29?show_policy=true"
    policy = domain.must("GET", path)["taxi-predictions-2026-11-29"]["policy"]
    assert policy["states"][0]["transitions"][0]["conditions"] == {"min_index_age": "7d"}


def test_an_index_of_before_gets_the_fields_and_the_retention(
    stage: RunningStage, name: str, domain: SearchDomain
) -> None:
    strict = {"mappings": {"dynamic": "strict", "properties": {"trip_id": {"type": "keyword"}}}}
    domain.must("PUT", "/taxi-predictions-2026-11-28", strict)
    first = install(stage, name)
    assert first["mapping of taxi-predictions-2026-11-28"] == "updated"
    assert first["retention of taxi-predictions-2026-11-28"] == "updated"
    assert domain.ask("POST", "/taxi-predictions-2026-11-28/_doc", PREDICTION).status == 201


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--domain", "nothing-there"], "there is no OpenSearch domain nothing-there"),
        ([], "--domain or --endpoint"),
        (["--domain", "a", "--endpoint", "https://b"], "give one of them"),
    ],
)
def test_without_a_domain_the_command_says_what_is_missing(stage: RunningStage, words: list[str], message: str) -> None:
    ran = dashboards(stage, "install", *words)
    assert ran.returncode == 2
    assert message in ran.stderr


def test_an_export_is_what_a_domain_imports(stage: RunningStage, tmp_path: Path) -> None:
    ran = dashboards(stage, "export", "mine.ndjson", folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "mine.ndjson: 6 saved objects\n")
    kinds = [json.loads(line)["type"] for line in (tmp_path / "mine.ndjson").read_text().splitlines()]
    assert kinds == ["index-pattern", "visualization", "visualization", "search", "visualization", "dashboard"]
    assert dashboards(stage, "export", "mine.ndjson", folder=tmp_path).returncode == 2
    assert dashboards(stage, "export", "mine.ndjson", "--force", folder=tmp_path).returncode == 0
    assert dashboards(stage, "export", "mine.txt", folder=tmp_path).returncode == 2
