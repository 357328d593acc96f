"""Delivery streams to OpenSearch, through the APIs of both."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create as create_function
from aws_stage.testing.waiting import eventually

from contract.firehose.delivery_streams import ROLE, describe, new_bucket, new_name, objects, refused
from contract.opensearch.domains import client_of, new_domain

pytestmark = pytest.mark.stage

STRICT = {"dynamic": "strict", "properties": {"n": {"type": "integer"}, "at": {"type": "date"}}}


def to_search(stage: RunningStage, domain: str, bucket: str, **changes: Any) -> dict[str, Any]:
    arn = stage.client("opensearch").describe_domain(DomainName=domain)["DomainStatus"]["ARN"]
    return {
        "RoleARN": ROLE,
        "DomainARN": arn,
        "IndexName": "trips",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        "S3BackupMode": "AllDocuments",
        "S3Configuration": {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{bucket}", "Prefix": "gold/"},
        **changes,
    }


def create(stage: RunningStage, config: dict[str, Any]) -> str:
    name = new_name()
    stage.client("firehose").create_delivery_stream(
        DeliveryStreamName=name, AmazonopensearchserviceDestinationConfiguration=config
    )
    return name


def put(stage: RunningStage, name: str, *documents: Any) -> None:
    records = [{"Data": json.dumps(document).encode() + b"\n"} for document in documents]
    stage.client("firehose").put_record_batch(DeliveryStreamName=name, Records=records)


def found(search: Any) -> list[int]:
    if not search.indices.exists(index="trips-*"):
        return []
    hits = search.search(index="trips-*", body={"size": 10_000, "sort": ["n"]})["hits"]["hits"]
    return [hit["_source"]["n"] for hit in hits]


def test_documents_are_indexed_backed_up_and_sorted_out_one_by_one(stage: RunningStage) -> None:
    domain, bucket = new_domain(stage), new_bucket(stage)
    search = client_of(stage, domain)
    search.indices.put_index_template(
        name="trips", body={"index_patterns": ["trips-*"], "template": {"mappings": STRICT}}
    )
    name = create(stage, to_search(stage, domain, bucket))
    put(stage, name, {"n": 1}, {"n": 2, "unknown": True}, {"n": 3, "at": "2026-11-30T00:00:00Z"})
    eventually(lambda: found(search) == [1, 3])
    [failed] = eventually(lambda: objects(stage, bucket, "gold/AmazonOpenSearchService-failed/")).values()
    line = json.loads(failed)
    assert json.loads(base64.b64decode(line["rawData"])) == {"n": 2, "unknown": True}
    assert json.loads(line["errorMessage"])["type"] == "strict_dynamic_mapping_exception"
    assert line["esIndexName"] == f"trips-{datetime.now(UTC):%Y-%m-%d}"
    [backup] = objects(stage, bucket, f"gold/{datetime.now(UTC):%Y}").values()
    assert [json.loads(each)["n"] for each in backup.splitlines()] == [1, 2, 3]


def test_a_function_may_change_documents_first(stage: RunningStage) -> None:
    source = """
    import base64, json
    def handler(event, context):
        def changed(data):
            return base64.b64encode(json.dumps({"n": json.loads(base64.b64decode(data))["n"] * 10}).encode()).decode()
        ids = {record["recordId"]: changed(record["data"]) for record in event["records"]}
        return {"records": [{"recordId": name, "result": "Ok", "data": data} for name, data in ids.items()]}
    """
    function = create_function(stage, source)
    arn = f"arn:aws:lambda:ap-northeast-1:000000000000:function:{function}"
    parameters = [
        {"ParameterName": "LambdaArn", "ParameterValue": arn},
        {"ParameterName": "BufferIntervalInSeconds", "ParameterValue": "0"},
    ]
    processing = {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": parameters}]}
    domain, bucket = new_domain(stage), new_bucket(stage)
    name = create(stage, to_search(stage, domain, bucket, ProcessingConfiguration=processing))
    put(stage, name, {"n": 1})
    eventually(lambda: found(client_of(stage, domain)) == [10])
    assert list(objects(stage, bucket).values()) == [b'{"n": 1}\n'], "the backup is of what came"


def test_a_domain_that_comes_back_gets_what_waited(stage: RunningStage) -> None:
    domain, bucket = new_domain(stage), new_bucket(stage)
    name = create(stage, to_search(stage, domain, bucket))
    stage.client("opensearch").delete_domain(DomainName=domain)
    put(stage, name, {"n": 1})
    eventually(lambda: objects(stage, bucket))
    new_domain(stage, DomainName=domain)
    eventually(lambda: found(client_of(stage, domain)) == [1])
    assert not objects(stage, bucket, "gold/AmazonOpenSearchService-failed/")


def test_a_stream_is_described_and_changed(stage: RunningStage) -> None:
    firehose, domain, bucket = stage.client("firehose"), new_domain(stage), new_bucket(stage)
    name = create(stage, to_search(stage, domain, bucket, S3BackupMode="FailedDocumentsOnly"))
    [shown] = describe(firehose, name)["Destinations"]
    shown = shown["AmazonopensearchserviceDestinationDescription"]
    assert (shown["IndexName"], shown["IndexRotationPeriod"], shown["S3BackupMode"]) == (
        "trips",
        "OneDay",
        "FailedDocumentsOnly",
    )
    assert shown["RetryOptions"] == {"DurationInSeconds": 300}
    assert "DocumentIdOptions" not in shown, "a plan of Terraform would take it away again"
    assert shown["S3DestinationDescription"]["Prefix"] == "gold/"
    change = {
        "DeliveryStreamName": name,
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
    }
    update = {"IndexName": "other", "IndexRotationPeriod": "NoRotation", "S3Update": {"Prefix": "new/"}}
    firehose.update_destination(**change, AmazonopensearchserviceDestinationUpdate=update)
    put(stage, name, {"n": 1})
    search = client_of(stage, domain)
    eventually(lambda: search.indices.exists(index="other") and search.count(index="other")["count"] == 1)
    [shown] = describe(firehose, name)["Destinations"]
    assert shown["AmazonopensearchserviceDestinationDescription"]["S3DestinationDescription"]["Prefix"] == "new/"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DomainARN": "arn:aws:es:ap-northeast-1:000000000000:domain/nowhere"}, "Domain not found"),
        ({"TypeName": "t"}, "TypeName must be empty"),
        ({"VpcConfiguration": {"SubnetIds": ["s-1"], "RoleARN": ROLE, "SecurityGroupIds": ["g"]}}, "VpcConfiguration"),
        ({"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}}, "Append"),
    ],
)
def test_what_cannot_be_is_refused(stage: RunningStage, changes: dict[str, Any], words: str) -> None:
    config = to_search(stage, new_domain(stage), new_bucket(stage), **changes)
    code, message = refused(
        stage.client("firehose").create_delivery_stream,
        DeliveryStreamName=new_name(),
        AmazonopensearchserviceDestinationConfiguration=config,
    )
    assert code == "InvalidArgumentException"
    assert words in message


def test_a_kill_loses_nothing_and_indexes_nothing_twice(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    domain, bucket = new_domain(stage), new_bucket(stage)
    config = to_search(stage, domain, bucket, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    name = create(stage, config)
    for first in range(0, 400, 100):
        put(stage, name, *({"n": number} for number in range(first, first + 100)))
        stage.stop(signal.SIGKILL)
        stage.start()
    search = client_of(stage, domain)
    eventually(lambda: len(set(found(search))) == 400)
    assert found(search) == list(range(400))
    lines = b"".join(objects(stage, bucket).values()).splitlines()
    assert sorted(json.loads(line)["n"] for line in lines) == list(range(400))
