"""The metrics of AWS/Firehose and the error records in CloudWatch Logs."""

from __future__ import annotations

import json
from pathlib import Path

from unit.firehose.fakes import Rig, client_error, destination


def test_metrics_count_what_was_read_and_delivered(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"12345")
    rig.kinesis.put(b"67890")
    rig.run(80)
    total = rig.cloudwatch.total
    assert total("DataReadFromKinesisStream.Records") == total("DeliveryToS3.Records") == 2
    assert total("DataReadFromKinesisStream.Bytes") == total("DeliveryToS3.Bytes") == 10
    assert total("DeliveryToS3.Success") == total("DeliveryToS3.ObjectCount") == 1
    assert 60 <= total("DeliveryToS3.DataFreshness") < 62
    assert all(item["Dimensions"] == [{"Name": "DeliveryStreamName", "Value": "fh"}] for item in rig.cloudwatch.data)


def test_a_throttled_read_is_counted(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.failing["shard-0"] = client_error("ProvisionedThroughputExceededException")
    rig.run(20)
    assert rig.cloudwatch.total("ThrottledGetRecords") == 1


def test_while_s3_fails_success_is_zero_and_freshness_grows(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1")
    rig.run(300)
    freshness = [item for item in rig.cloudwatch.data if item["MetricName"] == "DeliveryToS3.DataFreshness"]
    assert rig.cloudwatch.total("DeliveryToS3.Success") == 0
    assert freshness[-1]["StatisticValues"]["Maximum"] > 280


def test_a_failed_put_leaves_an_error_record_in_the_log_stream(tmp_path: Path) -> None:
    logging = {"Enabled": True, "LogGroupName": "/aws/kinesisfirehose/fh", "LogStreamName": "S3Delivery"}
    rig = Rig(tmp_path, destination(CloudWatchLoggingOptions=logging))
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1")
    rig.run(61)
    event = rig.cloudwatch.events[0]
    assert (event["logGroupName"], event["logStreamName"]) == ("/aws/kinesisfirehose/fh", "S3Delivery")
    record = json.loads(event["logEvents"][0]["message"])
    assert record["errorCode"] == "S3.NoSuchBucket"
    assert record["destination"] == "arn:aws:s3:::lake"
    assert record["deliveryStreamARN"] == rig.stream.arn
    assert record["deliveryStreamVersionId"] == 1
    rig.update(Prefix="newer/")
    rig.run(10)
    record = json.loads(rig.cloudwatch.events[-1]["logEvents"][0]["message"])
    assert record["deliveryStreamVersionId"] == 2


def test_without_logging_enabled_no_error_record_is_written(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1")
    rig.run(61)
    assert rig.cloudwatch.events == []
