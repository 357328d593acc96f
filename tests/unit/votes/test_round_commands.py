"""``datastreamer votes open | close | freeze | reset`` on moto's AWS."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from datastreamer.aws.clock import Clock
from datastreamer.votes.announcing import Announcer
from tests.unit.test_status import REGION, Run, run  # noqa: F401  a fixture

TABLE = "datastreamer-test-votes-aggregation"


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that were asked to tell the browsers of a change."""
    asked: list[str] = []
    monkeypatch.setattr(Announcer, "announce_change", lambda announcer: asked.append(announcer._function))
    return asked


@pytest.fixture
def dynamodb(run: Run) -> Any:  # noqa: F811, ARG001  the fixture is moto's AWS
    client: Any = boto3.client("dynamodb", region_name=REGION)
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def rounds(dynamodb: Any) -> list[tuple[str, str]]:
    return [(item["sk"]["S"], item.get("state", {"S": ""})["S"]) for item in dynamodb.scan(TableName=TABLE)["Items"]]


def test_a_vote_is_closed_opened_frozen_and_begun_again(
    run: Run,  # noqa: F811
    dynamodb: Any,
    announced: list[str],
) -> None:
    assert run("votes", "close")[:2] == (
        0,
        "Round 1 is closed: votes are refused, and everybody sees the totals. no votes yet\n",
    )
    assert json.loads(run("votes", "open", "--json")[1]) == {
        "round": 1,
        "state": "open",
        "totals": {},
        "changed": True,
    }
    assert "Round 1 is frozen" in run("votes", "freeze")[1]
    assert "Round 1 is already frozen" in run("votes", "freeze")[1]
    code, out, _ = run("votes", "reset", "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"round": 2, "state": "open", "totals": {}, "changed": True, "archived": []})
    assert rounds(dynamodb) == [("totals", "frozen"), ("totals#000002", "open")]
    assert announced == ["datastreamer-test-votes-publish"] * 5


def test_a_round_that_ends_is_archived_on_demand(
    run: Run,  # noqa: F811
    dynamodb: Any,
    announced: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: waited.append(seconds))
    boto3.client("kinesis", region_name=REGION).create_stream(StreamName="datastreamer-test-votes-stream", ShardCount=1)
    account = boto3.client("sts", region_name=REGION).get_caller_identity()["Account"]
    bucket = f"datastreamer-test-votes-raw-{account}"
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert run("votes", "archive")[1] == "Every round that has ended is archived.\n"
    code, out, _ = run("votes", "reset", "--yes", "--archive", "--json")
    assert (code, json.loads(out)["archived"]) == (0, [1])
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["rounds/round-000001.json"]
    run("votes", "reset", "--yes")
    assert "Round 2 is archived: no votes yet" in run("votes", "archive")[1]
    assert json.loads(run("votes", "archive", "--json")[1]) == {"archived": []}
    assert [name for name, _ in rounds(dynamodb)] == ["totals", "totals#000002", "totals#000003"]
    assert len(announced) == 2
    assert len(waited) == 2


def test_a_new_round_is_not_begun_without_a_yes(
    run: Run,  # noqa: F811
    dynamodb: Any,
    announced: list[str],
) -> None:
    code, _, err = run("votes", "reset")
    assert code == 2
    assert "Begin round 2 of stage test? Everybody sees 0 votes then, and round 1 (0 votes)" in err
    assert "--yes" in err
    assert (rounds(dynamodb), announced) == ([], [])


def test_what_a_closed_round_does_not_allow_is_a_wrong_use(
    run: Run,  # noqa: F811
    dynamodb: Any,
    announced: list[str],
) -> None:
    run("votes", "close")
    code, _, err = run("votes", "freeze")
    assert (code, "Open it first" in err) == (2, True)
    assert rounds(dynamodb) == [("totals", "closed")]
    assert len(announced) == 1


def test_a_vote_that_is_not_there_says_how_to_have_one(run: Run) -> None:  # noqa: F811
    code, _, err = run("votes", "open")
    assert code == 1
    assert "make apply WITH=votes" in err


@pytest.mark.usefixtures("dynamodb")
def test_a_change_stands_when_the_browsers_cannot_be_told(
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: Announcer) -> None:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow down"}}, "Invoke")

    monkeypatch.setattr(Announcer, "announce_change", refuse)
    code, out, err = run("votes", "close")
    assert (code, out.startswith("Round 1 is closed")) == (0, True)
    assert "No update could be sent to browsers" in err


def test_a_command_that_is_spelled_wrong_is_told_the_right_one(run: Run) -> None:  # noqa: F811
    code, _, err = run("votes", "frezee")
    assert (code, "freeze" in err) == (2, True)
