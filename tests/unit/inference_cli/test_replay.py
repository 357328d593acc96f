"""replay-failures: what it reads, what it asks the function, what it tells."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody

from tests.unit.inference_cli.conftest import CommandLine

BUCKET = "shop-dlq-123456789012"


class Function:
    """The processor: stores every record but those that ``refuses`` says of, whose data is ``poison``."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.detail = "poison"
        self.refuses: Callable[[bytes], bool] = lambda data: data == b"poison"

    def __call__(self, params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        class Http:
            status_code = 200

        event = json.loads(params["body"])
        self.events.append(event)
        failures = [
            {"eventID": record["eventID"], "reason": "invalid_json", "detail": self.detail}
            for record in event["Records"]
            if self.refuses(base64.b64decode(record["kinesis"]["data"]))
        ]
        body = json.dumps({"batchItemFailures": [], "failures": failures}).encode()
        return Http(), {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body))}  # type: ignore[arg-type]


@pytest.fixture
def stack(cli: CommandLine) -> None:
    cli.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    cli.client("lambda").create_function(
        FunctionName="shop-processor",
        Runtime="python3.11",
        Handler="h.h",
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18},
        Timeout=120,
    )
    cli.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})


@pytest.fixture
def function(cli: CommandLine, stack: None) -> Iterator[Function]:  # noqa: ARG001
    fake = Function()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-call.lambda.Invoke", fake)
    yield fake
    session.events.unregister("before-call.lambda.Invoke", fake)


def park(cli: CommandLine, name: str, data: bytes) -> None:
    record = {"eventID": f"shard:{name}", "kinesis": {"data": base64.b64encode(data).decode(), "sequenceNumber": name}}
    body = json.dumps({"reason": "x", "detail": "", "parked_at": "", "function": "f", "record": record})
    cli.client("s3").put_object(Bucket=BUCKET, Key=f"failures/2026/01/01/00/{name}.json", Body=body.encode())


def keys(cli: CommandLine) -> list[str]:
    listed = cli.client("s3").list_objects_v2(Bucket=BUCKET)
    return [
        each["Key"].rpartition("/")[2] for each in listed.get("Contents", []) if each["Key"].startswith("failures/")
    ]


def test_what_is_stored_now_is_put_away(cli: CommandLine, function: Function) -> None:
    park(cli, "1", b"good")
    park(cli, "2", b"good")
    answer = cli.done("replay-failures", "shop")
    assert answer.out == "stored 2 records of 2 objects; 2 moved to replayed/\n"
    assert keys(cli) == []
    assert [event["replay"] for event in function.events] == [True]


def test_progress_is_told_by_the_batch_and_not_by_the_record(cli: CommandLine, function: Function) -> None:
    for number in range(501):
        park(cli, f"{number:04}", b"good")
    answer = cli.done("replay-failures", "shop")
    assert sorted(len(event["Records"]) for event in function.events) == [1, 500]
    assert answer.err.splitlines() == [f"replay {BUCKET}: 500 records stored, 0 still failing"]


@pytest.mark.usefixtures("function")
def test_what_still_fails_stays_and_is_told_with_its_reason(cli: CommandLine) -> None:
    park(cli, "1", b"good")
    park(cli, "2", b"poison")
    answer = cli("replay-failures", "shop")
    assert answer.code == 1
    assert answer.out.splitlines() == [
        "stored 1 record of 2 objects; 1 moved to replayed/",
        "still failing 1 record: 1 invalid_json",
        "  failures/2026/01/01/00/2.json: invalid_json: poison",
    ]
    assert keys(cli) == ["2.json"]


def test_what_fails_for_one_reason_is_told_once_by_its_first_line(cli: CommandLine, function: Function) -> None:
    function.detail = "the model answered 500: IndexError\nTraceback (most recent call last):\n  File x"
    for number in range(3):
        park(cli, str(number), b"poison")
    assert cli("replay-failures", "shop").out.splitlines()[2:] == [
        "  failures/2026/01/01/00/0.json and 2 more: invalid_json: the model answered 500: IndexError"
    ]


@pytest.mark.usefixtures("function")
def test_json_tells_both_counts_and_every_failure(cli: CommandLine) -> None:
    park(cli, "1", b"good")
    park(cli, "2", b"poison")
    answer = cli("replay-failures", "shop", "--json")
    assert answer.code == 1
    assert answer.document == {
        "stack": "shop",
        "function": "shop-processor",
        "bucket": BUCKET,
        "objects": 2,
        "moved": 1,
        "stored": 1,
        "failing": 1,
        "reasons": {"invalid_json": 1},
        "still_failing": [
            {
                "key": "failures/2026/01/01/00/2.json",
                "event_id": "shard:2",
                "reason": "invalid_json",
                "detail": "poison",
            }
        ],
    }


@pytest.mark.usefixtures("function")
def test_an_empty_bucket_says_so(cli: CommandLine) -> None:
    assert cli.done("replay-failures", "shop").out == f"nothing is parked in {BUCKET}\n"


@pytest.mark.usefixtures("stack")
def test_a_dry_run_names_the_calls_and_moves_nothing(cli: CommandLine) -> None:
    park(cli, "1", b"good")
    assert [name for name, _ in cli.dry("replay-failures", "shop")] == [
        "lambda.Invoke",
        "s3.CopyObject",
        "s3.DeleteObject",
    ]
    assert keys(cli) == ["1.json"]


@pytest.mark.usefixtures("function")
def test_function_and_bucket_can_be_named(cli: CommandLine) -> None:
    document = cli.done(
        "replay-failures", "other", "--function", "shop-processor", "--bucket", BUCKET, "--json"
    ).document
    assert (document["function"], document["bucket"]) == ("shop-processor", BUCKET)


@pytest.mark.usefixtures("function")
def test_a_missing_processor_or_bucket_is_one_line(cli: CommandLine) -> None:
    answer = cli("replay-failures", "shopp")
    assert answer.code == 2
    assert "there is no processor shopp-processor in ap-northeast-1. Did you mean shop-processor?" in answer.err
    answer = cli("replay-failures", "shop", "--bucket", "nowhere")
    assert answer.code == 2
    assert "there is no bucket nowhere" in answer.err
