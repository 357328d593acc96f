"""Batches that Lambda gave up: what the function takes of them is gone from the bucket, and the rest stays."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.errors import ConfigurationError, JobFailedError
from datastreamer.taxi.names import Names
from datastreamer.taxi.scoring.replaying import Replayed, replay

NAMES = Names("local", "000000000000")


class Stage:
    """The raw bucket with batches, and a function in which some trips still wait, or that fails."""

    def __init__(self) -> None:
        region: Any = "ap-northeast-1"
        self.s3 = boto3.client("s3", region_name=region)
        self.s3.create_bucket(Bucket=NAMES.raw_bucket, CreateBucketConfiguration={"LocationConstraint": region})
        self.waiting: set[str] = set()
        self.error = ""
        self.taken: list[str] = []

    def put(self, key: str, content: Any) -> None:
        self.s3.put_object(Bucket=NAMES.raw_bucket, Key=key, Body=json.dumps(content).encode())

    @property
    def keys(self) -> set[str]:
        return {item["Key"] for item in self.s3.list_objects_v2(Bucket=NAMES.raw_bucket).get("Contents", [])}

    def client(self, service: str) -> Any:
        return self.s3 if service == "s3" else self

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  boto3's names
        assert FunctionName == "datastreamer-local-taxi-score"
        if self.error:
            return {
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps({"errorMessage": self.error}).encode()),
            }
        records = [record["eventID"] for record in json.loads(Payload)["Records"]]
        self.taken += [each for each in records if each not in self.waiting]
        failures = [{"itemIdentifier": each} for each in records if each in self.waiting]
        return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": failures}).encode())}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        stage = Stage()
        stage.put("aws/lambda/one", {"payload": {"Records": [{"eventID": "a"}, {"eventID": "b"}]}})
        stage.put("aws/lambda/two", {"payload": json.dumps({"Records": [{"eventID": "c"}]})})
        stage.put("failures/parked.json", {"reason": "invalid_json"})
        yield stage


def test_batches_that_are_scored_are_gone_and_parked_records_stay(stage: Stage) -> None:
    assert replay(NAMES, stage.client) == Replayed(batches=2, records=3)
    assert sorted(stage.taken) == ["a", "b", "c"]
    assert stage.keys == {"failures/parked.json"}
    assert replay(NAMES, stage.client) == Replayed()


def test_a_batch_of_which_a_trip_waits_stays(stage: Stage) -> None:
    stage.waiting = {"b"}
    assert replay(NAMES, stage.client) == Replayed(batches=1, records=1, left=1)
    assert stage.keys == {"failures/parked.json", "aws/lambda/one"}


def test_a_function_that_fails_takes_nothing(stage: Stage) -> None:
    stage.error = "STAGE is not set"
    with pytest.raises(JobFailedError, match="STAGE is not set"):
        replay(NAMES, stage.client)
    assert len(stage.keys) == 3


def test_an_object_that_is_not_a_batch_is_named(stage: Stage) -> None:
    stage.put("aws/lambda/odd", {"reason": "?"})
    with pytest.raises(ConfigurationError, match="not a batch that Lambda gave up"):
        replay(NAMES, stage.client)
