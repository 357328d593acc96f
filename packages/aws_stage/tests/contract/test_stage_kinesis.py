"""Kinesis Data Streams on the stage, through boto3."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from botocore.exceptions import ClientError

MAX_HASH_KEY = 2**128 - 1


@pytest.fixture
def kinesis(stage: RunningStage) -> Any:
    return stage.client("kinesis")


@pytest.fixture
def stream(kinesis: Any) -> Iterator[str]:
    """A stream of one shard."""
    name = f"stream-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    yield name
    kinesis.delete_stream(StreamName=name)


def _iterator(kinesis: Any, stream: str, kind: str, shard: str = "shardId-000000000000", **more: Any) -> str:
    answer = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType=kind, **more)
    token: str = answer["ShardIterator"]
    return token


def _read(kinesis: Any, iterator: str | None, **more: Any) -> list[dict[str, Any]]:
    """Every record from the iterator to the tip or to the end of the shard."""
    records: list[dict[str, Any]] = []
    while iterator is not None:
        answer = kinesis.get_records(ShardIterator=iterator, **more)
        records += answer["Records"]
        iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return records


def _read_all(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return [r for s in shards for r in _read(kinesis, _iterator(kinesis, stream, "TRIM_HORIZON", s["ShardId"]))]


def _refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_record_comes_back_as_it_was_put(kinesis: Any, stream: str) -> None:
    data, key = bytes(range(256)), 'schlüssel "1"\\'
    before = time.time()
    put = kinesis.put_record(StreamName=stream, Data=data, PartitionKey=key)
    [record] = _read_all(kinesis, stream)
    assert (record["Data"], record["PartitionKey"]) == (data, key)
    assert record["SequenceNumber"] == put["SequenceNumber"]
    assert len(put["SequenceNumber"]) == 56
    assert before - 0.01 <= record["ApproximateArrivalTimestamp"].timestamp() <= time.time()


def test_records_of_a_shard_keep_their_order_and_sequence_numbers_grow(kinesis: Any, stream: str) -> None:
    results = []
    for batch in range(3):
        records = [{"Data": f"{batch}-{i}".encode(), "PartitionKey": str(i)} for i in range(100)]
        answer = kinesis.put_records(StreamName=stream, Records=records)
        assert answer["FailedRecordCount"] == 0
        results += answer["Records"]
    read = _read_all(kinesis, stream)
    assert [record["Data"].decode() for record in read] == [f"{b}-{i}" for b in range(3) for i in range(100)]
    numbers = [record["SequenceNumber"] for record in read]
    assert numbers == [result["SequenceNumber"] for result in results]
    assert all(int(before) < int(after) for before, after in itertools.pairwise(numbers))


def test_every_iterator_type_starts_where_it_says(kinesis: Any, stream: str) -> None:
    first = kinesis.put_record(StreamName=stream, Data=b"1", PartitionKey="k")["SequenceNumber"]
    time.sleep(0.05)
    between = time.time()
    time.sleep(0.05)
    kinesis.put_record(StreamName=stream, Data=b"2", PartitionKey="k")
    latest = _iterator(kinesis, stream, "LATEST")
    kinesis.put_record(StreamName=stream, Data=b"3", PartitionKey="k")

    def data(iterator: str) -> bytes:
        return b"".join(record["Data"] for record in _read(kinesis, iterator))

    assert data(_iterator(kinesis, stream, "TRIM_HORIZON")) == b"123"
    assert data(_iterator(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=first)) == b"123"
    assert data(_iterator(kinesis, stream, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first)) == b"23"
    assert data(_iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=between)) == b"23"
    assert data(_iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=between - 3600)) == b"123"
    assert data(latest) == b"3"
    assert data(latest) == b"3", "an iterator can be used again"


def test_an_iterator_that_makes_no_sense_is_refused(kinesis: Any, stream: str) -> None:
    foreign = "49" + "1" * 54
    assert _refused(lambda: _iterator(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=foreign))[0] == (
        "InvalidArgumentException"
    )
    assert _refused(lambda: _iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=time.time() + 60))[0] == (
        "InvalidArgumentException"
    )
    assert _refused(lambda: _iterator(kinesis, stream, "SOMEWHERE"))[0] == "ValidationException"
    assert _refused(lambda: kinesis.get_records(ShardIterator="made up"))[0] == "InvalidArgumentException"
    assert _refused(lambda: _iterator(kinesis, stream, "LATEST", "shardId-000000000009"))[0] == (
        "ResourceNotFoundException"
    )


def test_an_answer_holds_at_most_10_mib_and_limit_records_and_tells_how_far_behind_it_is(
    kinesis: Any, stream: str
) -> None:
    megabyte = bytes(1_000_000)
    for _ in range(12):
        kinesis.put_record(StreamName=stream, Data=megabyte, PartitionKey="k")
    time.sleep(0.01)
    first = kinesis.get_records(ShardIterator=_iterator(kinesis, stream, "TRIM_HORIZON"))
    assert len(first["Records"]) == 10
    assert first["MillisBehindLatest"] > 0
    rest = kinesis.get_records(ShardIterator=first["NextShardIterator"])
    assert (len(rest["Records"]), rest["MillisBehindLatest"]) == (2, 0)
    three = kinesis.get_records(ShardIterator=_iterator(kinesis, stream, "TRIM_HORIZON"), Limit=3)
    assert len(three["Records"]) == 3
    assert len(_read(kinesis, three["NextShardIterator"])) == 9


def test_a_record_as_large_as_the_stream_takes_passes_and_one_byte_more_does_not(kinesis: Any, stream: str) -> None:
    def put(size: int) -> Any:
        return kinesis.put_record(StreamName=stream, Data=bytes(size - 1), PartitionKey="k")

    put(1024 * 1024)
    code, message = _refused(lambda: put(1024 * 1024 + 1))
    assert code == "InvalidArgumentException"
    assert "UpdateMaxRecordSize" in message
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    put(2 * 1024 * 1024)
    assert len(_read_all(kinesis, stream)) == 2


def test_a_request_past_its_limits_is_refused_whole(kinesis: Any, stream: str) -> None:
    record = {"Data": b"x", "PartitionKey": "k"}
    assert _refused(lambda: kinesis.put_records(StreamName=stream, Records=[record] * 501))[0] == "ValidationException"
    large = {"Data": bytes(1024 * 1024 - 1), "PartitionKey": "k"}
    assert "10 MB" in _refused(lambda: kinesis.put_records(StreamName=stream, Records=[large] * 11))[1]
    assert kinesis.put_records(StreamName=stream, Records=[large] * 10)["FailedRecordCount"] == 0
    long_key = {"Data": b"x", "PartitionKey": "k" * 257}
    assert _refused(lambda: kinesis.put_records(StreamName=stream, Records=[record, long_key]))[0] == (
        "ValidationException"
    )
    assert len(_read_all(kinesis, stream)) == 10


def test_hash_keys_route_records_to_shards(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="routed", ShardCount=2)
    low, high = (s["ShardId"] for s in kinesis.list_shards(StreamName="routed")["Shards"])

    def shard_of(**more: str) -> str:
        shard: str = kinesis.put_record(StreamName="routed", Data=b"x", **{"PartitionKey": "k", **more})["ShardId"]
        return shard

    assert shard_of(ExplicitHashKey="0") == low
    assert shard_of(ExplicitHashKey=str(2**127 - 1)) == low
    assert shard_of(ExplicitHashKey=str(2**127)) == high
    assert shard_of(ExplicitHashKey=str(MAX_HASH_KEY)) == high
    # MD5 of "a" starts with 0x0c, of "b" with 0x92.
    assert (shard_of(PartitionKey="a"), shard_of(PartitionKey="b")) == (low, high)
    assert _refused(lambda: shard_of(ExplicitHashKey=str(2**128)))[0] == "InvalidArgumentException"
    for wrong in ("007", "-1", "\u0661", "1e3", ""):
        assert _refused(lambda key=wrong: shard_of(ExplicitHashKey=key))[0] == "ValidationException"


def test_resharding_loses_no_record_and_leads_a_reader_from_parent_to_child(kinesis: Any, stream: str) -> None:
    put: list[str] = []

    def fill() -> None:
        texts = [f"{len(put) + i}" for i in range(50)]
        records = [{"Data": text.encode(), "PartitionKey": text} for text in texts]
        assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0
        put.extend(texts)

    fill()
    for target in (2, 3, 5, 3, 2, 1):
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
        open_shards = kinesis.list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
        starts = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in open_shards)
        assert starts == [position * ((MAX_HASH_KEY + 1) // target) for position in range(target)]
        fill()
    assert sorted(record["Data"].decode() for record in _read_all(kinesis, stream)) == sorted(put)

    followed, frontier, seen = [], {"shardId-000000000000"}, set()
    while frontier:
        shard = frontier.pop()
        seen.add(shard)
        iterator: str | None = _iterator(kinesis, stream, "TRIM_HORIZON", shard)
        while iterator:
            answer = kinesis.get_records(ShardIterator=iterator)
            followed += [record["Data"].decode() for record in answer["Records"]]
            frontier |= {child["ShardId"] for child in answer.get("ChildShards", [])} - seen
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    assert sorted(followed) == sorted(put)


def test_split_and_merge_close_the_parents_and_open_children_for_their_range(kinesis: Any, stream: str) -> None:
    kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey="100")
    kinesis.merge_shards(
        StreamName=stream, ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    first, second, third, merged = kinesis.list_shards(StreamName=stream)["Shards"]
    assert second["ParentShardId"] == third["ParentShardId"] == first["ShardId"]
    assert second["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": "99"}
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (second["ShardId"], third["ShardId"])
    assert merged["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(MAX_HASH_KEY)}
    closed = ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in (first, second, third, merged)]
    assert closed == [True, True, True, False]
    again = _refused(
        lambda: kinesis.split_shard(StreamName=stream, ShardToSplit=first["ShardId"], NewStartingHashKey="9")
    )
    assert "closed already" in again[1]


def test_the_settings_that_terraform_reads_back_are_those_it_wrote(kinesis: Any, stage: RunningStage) -> None:
    name = "set"
    kinesis.create_stream(StreamName=name, ShardCount=2, Tags={"PROJECT": "example", "STAGE": "local"})
    arn = f"arn:aws:kinesis:{REGION}:000000000000:stream/{name}"
    key = stage.client("kms").create_key()["KeyMetadata"]["Arn"]
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["OutgoingBytes", "IncomingBytes"])
    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
    kinesis.add_tags_to_stream(StreamName=name, Tags={"PIPELINE": "telemetry"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["STAGE"])

    summary = kinesis.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]
    assert (summary["StreamName"], summary["StreamStatus"], summary["OpenShardCount"]) == (name, "ACTIVE", 2)
    assert (summary["RetentionPeriodHours"], summary["EncryptionType"], summary["KeyId"]) == (48, "KMS", key)
    assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"]}]
    assert summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert summary["MaxRecordSizeInKiB"] == 1024
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert description["EnhancedMonitoring"] == summary["EnhancedMonitoring"]
    tags = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
    assert tags == [{"Key": "PIPELINE", "Value": "telemetry"}, {"Key": "PROJECT", "Value": "example"}]
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags

    put = kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="k")
    assert put["EncryptionType"] == "KMS"
    assert [record["EncryptionType"] for record in _read_all(kinesis, name)] == ["KMS"]
    kinesis.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
    assert "KeyId" not in kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert _refused(
        lambda: kinesis.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    )[0] == ("ValidationException")


def test_what_cannot_be_set_is_refused(kinesis: Any, stream: str) -> None:
    unknown = "arn:aws:kms:ap-northeast-1:000000000000:key/00000000-0000-0000-0000-000000000000"
    refusals = [
        _refused(lambda: kinesis.create_stream(StreamName=stream, ShardCount=1))[0],
        _refused(lambda: kinesis.create_stream(StreamName="without-shards"))[0],
        _refused(lambda: kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=unknown))[0],
        _refused(lambda: kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=8761))[0],
        _refused(lambda: kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=25))[0],
        _refused(
            lambda: kinesis.update_shard_count(StreamName=stream, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
        )[0],
        _refused(lambda: kinesis.put_record(StreamName="nowhere", Data=b"x", PartitionKey="k"))[0],
        _refused(kinesis.describe_limits)[0],
    ]
    assert refusals == [
        "ResourceInUseException",
        "ValidationException",
        "KMSNotFoundException",
        "InvalidArgumentException",
        "InvalidArgumentException",
        "InvalidArgumentException",
        "ResourceNotFoundException",
        "UnsupportedOperationException",
    ]


def test_pages_list_every_shard_and_stream_once(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="paged", ShardCount=5)
    first = kinesis.list_shards(StreamName="paged", MaxResults=2)
    second = kinesis.list_shards(NextToken=first["NextToken"], MaxResults=2)
    third = kinesis.list_shards(NextToken=second["NextToken"])
    shards = [shard["ShardId"] for page in (first, second, third) for shard in page["Shards"]]
    assert shards == [f"shardId-{index:012d}" for index in range(5)]
    described = kinesis.get_paginator("describe_stream").paginate(StreamName="paged", PaginationConfig={"PageSize": 2})
    assert [s["ShardId"] for page in described for s in page["StreamDescription"]["Shards"]] == shards
    pages = kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 1})
    names = [name for page in pages for name in page["StreamNames"]]
    assert "paged" in names
    assert len(names) == len(set(names))


def test_a_stream_made_again_under_its_name_has_nothing_of_the_old_one(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="again", ShardCount=1)
    kinesis.put_record(StreamName="again", Data=b"old", PartitionKey="k")
    old = _iterator(kinesis, "again", "TRIM_HORIZON")
    kinesis.delete_stream(StreamName="again")
    assert _refused(lambda: kinesis.get_records(ShardIterator=old))[0] == "ResourceNotFoundException"
    kinesis.create_stream(StreamName="again", ShardCount=1)
    assert _read_all(kinesis, "again") == []
    assert _refused(lambda: kinesis.get_records(ShardIterator=old))[0] == "ResourceNotFoundException"


def test_with_limits_on_a_shard_refuses_record_by_record_and_the_refused_ones_pass_later(
    new_stage: Callable[..., RunningStage],
) -> None:
    kinesis = new_stage(AWS_STAGE_KINESIS_LIMITS="1").client("kinesis")
    kinesis.create_stream(StreamName="throttled", ShardCount=1)
    # More than a shard takes in a second, in one call: how fast calls follow one another is the machine's affair.
    pending = [{"Data": b"%d" % i + b" " * 4000, "PartitionKey": "k"} for i in range(500)]
    throttled = 0
    while pending:
        batch, pending = pending, []
        answer = kinesis.put_records(StreamName="throttled", Records=batch)
        failed = [r for r, result in zip(batch, answer["Records"], strict=True) if "ErrorCode" in result]
        assert answer["FailedRecordCount"] == len(failed)
        assert {result.get("ErrorCode") for result in answer["Records"]} <= {
            None,
            "ProvisionedThroughputExceededException",
        }
        throttled += len(failed)
        pending = failed
        if failed:
            time.sleep(0.1)
    assert throttled > 0
    assert sorted(int(r["Data"]) for r in _read_all(kinesis, "throttled")) == list(range(500))

    time.sleep(1)
    megabytes = [{"Data": bytes(300_000), "PartitionKey": "k"}] * 5
    answer = kinesis.put_records(StreamName="throttled", Records=megabytes)
    assert answer["FailedRecordCount"] == 2
    assert answer["Records"][4]["ErrorMessage"] == (
        "Rate exceeded for shard shardId-000000000000 in stream throttled under account 000000000000."
    )


def test_metrics_of_a_stream_reach_cloudwatch_when_the_stage_stops(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage(AWS_STAGE_KINESIS_LIMITS="1")
    kinesis = stage.client("kinesis")
    kinesis.create_stream(StreamName="measured", ShardCount=1)
    records = [{"Data": b"x" * 9999, "PartitionKey": "k"}] * 400  # 4 MB, of which a shard takes 1 MiB in a second
    refused = kinesis.put_records(StreamName="measured", Records=records)["FailedRecordCount"]
    taken = len(_read_all(kinesis, "measured"))
    stage.stop()
    stage.start()

    def sums(metric: str) -> float:
        points = stage.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Kinesis",
            MetricName=metric,
            Dimensions=[{"Name": "StreamName", "Value": "measured"}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert 0 < taken == len(records) - refused < len(records)
    assert (sums("IncomingRecords"), sums("IncomingBytes")) == (taken, taken * 10_000)
    assert (sums("WriteProvisionedThroughputExceeded"), sums("GetRecords.Records")) == (refused, taken)
