"""When a buffer becomes an object, and that every record becomes part of exactly one, whatever fails."""

from __future__ import annotations

import errno
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from local.engines.firehose.destination import MIB
from local.engines.firehose.journal import Journal, JournalSource
from local.store import Document, Store
from tests.unit.firehose.fakes import Crash, Rig, client_error, destination


def lines(bodies: list[bytes]) -> list[bytes]:
    return b"".join(bodies).split()


def test_nothing_is_delivered_before_the_interval_is_over_and_all_of_it_after(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(59)
    assert rig.s3.puts == []
    rig.kinesis.put(b"2\n")
    rig.run(2)
    assert rig.s3.bodies() == [b"1\n2\n"]


def test_the_interval_counts_from_the_first_record_of_each_buffer(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(100)
    rig.kinesis.put(b"1\n")
    rig.run(58)
    assert rig.s3.puts == []
    rig.run(3)
    assert len(rig.s3.puts) == 1


def test_an_interval_of_zero_delivers_at_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, destination(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0}))
    rig.kinesis.put(b"1\n")
    rig.run(1)
    assert rig.s3.bodies() == [b"1\n"]


def test_the_size_is_counted_before_compression_and_cuts_between_records(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    record = b"x" * (MIB // 4)
    for _ in range(9):
        rig.kinesis.put(record)
    rig.run(1)
    assert [len(body) for body in rig.s3.bodies()] == [MIB, MIB]
    assert all(len(item["Body"]) < MIB // 100 for item in rig.s3.objects.values())
    rig.run(60)
    assert [len(body) for body in rig.s3.bodies()] == [MIB, MIB, MIB // 4]


@pytest.mark.parametrize(
    ("changes", "extension", "magic"),
    [
        ({"CompressionFormat": "GZIP"}, r"\.gz", b"\x1f\x8b"),
        ({"CompressionFormat": "UNCOMPRESSED"}, "", b"1\n"),
        ({"CompressionFormat": "GZIP", "FileExtension": ".jsonl.gz"}, r"\.jsonl\.gz", b"\x1f\x8b"),
        ({"CompressionFormat": "UNCOMPRESSED", "FileExtension": ".json"}, r"\.json", b"1\n"),
    ],
)
def test_compression_and_extension(tmp_path: Path, changes: dict[str, str], extension: str, magic: bytes) -> None:
    rig = Rig(tmp_path, destination(**changes))
    rig.kinesis.put(b"1\n")
    rig.run(61)
    ((_, key),) = rig.s3.objects
    assert re.fullmatch(rf"2026/11/20/08/fh-1-2026-11-20-08-30-00-[0-9a-f-]{{36}}{extension}", key)
    assert rig.s3.objects["lake", key]["Body"].startswith(magic)


def test_the_key_names_the_arrival_of_the_oldest_record_in_the_custom_time_zone(tmp_path: Path) -> None:
    rig = Rig(
        tmp_path,
        destination(
            Prefix="raw/!{timestamp:yyyy/MM/dd/HH/mm}/",
            ErrorOutputPrefix="e/!{firehose:error-output-type}/",
            CustomTimeZone="Asia/Tokyo",
        ),
        shards=2,
    )
    rig.kinesis.put(b"old", "shard-0")
    rig.clock.sleep(7200)
    rig.kinesis.put(b"new", "shard-1")
    rig.run(61)
    (key,) = rig.s3.keys()
    assert key.startswith("raw/2026/11/20/17/30/fh-1-2026-11-20-17-30-00-")


def test_kms_encryption_is_asked_of_s3(tmp_path: Path) -> None:
    key = "arn:aws:kms:ap-northeast-1:000000000000:key/k"
    rig = Rig(tmp_path, destination(EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}))
    rig.kinesis.put(b"1")
    rig.run(61)
    (put,) = rig.s3.objects.values()
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_delimiter_is_appended_to_each_record(tmp_path: Path) -> None:
    processor = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    rig = Rig(tmp_path, destination(ProcessingConfiguration={"Enabled": True, "Processors": [processor]}))
    rig.kinesis.put(b"1")
    rig.kinesis.put(b"2")
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n2\n"]


def test_a_disabled_processing_configuration_changes_nothing(tmp_path: Path) -> None:
    processor = {"Type": "AppendDelimiterToRecord", "Parameters": []}
    rig = Rig(tmp_path, destination(ProcessingConfiguration={"Enabled": False, "Processors": [processor]}))
    rig.kinesis.put(b"1")
    rig.run(61)
    assert rig.s3.bodies() == [b"1"]


def test_the_source_backup_has_a_bucket_prefix_and_format_of_its_own(tmp_path: Path) -> None:
    backup = {
        "RoleARN": "arn:aws:iam::000000000000:role/firehose",
        "BucketARN": "arn:aws:s3:::backup",
        "Prefix": "source/",
        "CompressionFormat": "UNCOMPRESSED",
    }
    processor = {"Type": "AppendDelimiterToRecord", "Parameters": []}
    rig = Rig(
        tmp_path,
        destination(
            S3BackupMode="Enabled",
            S3BackupConfiguration=backup,
            ProcessingConfiguration={"Enabled": True, "Processors": [processor]},
        ),
    )
    rig.kinesis.put(b"1")
    rig.kinesis.put(b"2")
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n2\n"]
    (key,) = rig.s3.keys("backup")
    assert key.startswith("source/2026/11/20/08/fh-1-")
    assert rig.s3.bodies("backup") == [b"12"]


def test_a_backup_that_is_disabled_is_not_written(tmp_path: Path) -> None:
    backup = {"RoleARN": "arn:aws:iam::000000000000:role/firehose", "BucketARN": "arn:aws:s3:::backup"}
    rig = Rig(tmp_path, destination(S3BackupMode="Disabled", S3BackupConfiguration=backup))
    rig.kinesis.put(b"1")
    rig.run(61)
    assert rig.s3.bodies() == [b"1"]
    assert rig.s3.keys("backup") == []


def test_with_a_source_that_announces_its_records_the_consumer_sleeps_until_the_interval_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    rig = Rig(tmp_path, open_source=lambda checkpoints: JournalSource(journal, checkpoints))
    assert rig.consumer.step() is None
    journal.append([b"1"], rig.clock.seconds)
    assert rig.consumer.step() == 0.0
    delay = rig.consumer.step()
    assert delay is not None
    assert 59 < delay <= 60
    rig.clock.sleep(delay)
    assert rig.consumer.step() is None
    assert rig.s3.bodies() == [b"1"]


def test_a_missing_bucket_holds_everything_back_until_it_exists(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    for n in range(5):
        rig.kinesis.put(b"%d\n" % n)
        rig.run(70)
    assert rig.s3.objects == {}
    rig.s3.missing.clear()
    rig.run(70)
    assert sorted(lines(rig.s3.bodies())) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_put_that_fails_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    attempts: list[float] = []

    def fail() -> None:
        attempts.append(rig.clock.seconds)
        raise client_error("SlowDown", 503)

    rig.s3.before = fail
    rig.kinesis.put(b"1\n")
    rig.run(60 + 30)
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(attempts)]
    assert pauses[:5] == [0.2, 0.5, 1.0, 2.0, 5.0]
    assert set(pauses[5:]) == {5.0}


def test_while_s3_fails_no_more_is_read_than_one_buffer(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    for _ in range(40):
        rig.kinesis.put(b"x" * (MIB // 4))
    rig.run(30)
    reads = rig.kinesis.calls
    rig.run(300)
    assert rig.kinesis.calls == reads


def test_a_kinesis_failure_does_not_hold_the_buffer_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(1)

    def down(**_request: object) -> None:
        raise client_error("InternalFailure", 500)

    rig.kinesis.get_records = down  # type: ignore[method-assign,assignment]
    rig.run(70)
    assert rig.s3.bodies() == [b"1\n"]


@pytest.mark.parametrize("point", ["before the put", "after the put"])
def test_a_crash_around_the_put_neither_loses_nor_repeats(tmp_path: Path, point: str) -> None:
    rig = Rig(tmp_path)
    for n in range(3):
        rig.kinesis.put(b"%d\n" % n)

    def crash() -> None:
        raise Crash

    if point == "before the put":
        rig.s3.before = crash
    else:
        rig.s3.after = crash
    with pytest.raises(Crash):
        rig.run(61)
    rig.s3.before = rig.s3.after = lambda: None
    rig.restart()
    rig.kinesis.put(b"3\n")
    rig.run(130)
    assert lines(rig.s3.bodies()) == [b"0", b"1", b"2", b"3"]
    assert len(rig.s3.puts) == len(set(rig.s3.puts)) == 2


class MortalStore:
    """Makes a store die before or after its nth put."""

    def __init__(self, store: Store, deadline: int) -> None:
        self._put = store.put
        self._moments = 0
        self._deadline = deadline

    def put(self, kind: str, key: str, document: Document) -> None:
        self._live()
        self._put(kind, key, document)
        self._live()

    def _live(self) -> None:
        self._moments += 1
        if self._moments == self._deadline:
            raise Crash


def test_a_crash_before_or_after_any_write_neither_loses_nor_repeats(tmp_path: Path) -> None:
    survived = False
    for deadline in range(1, 40):
        rig = Rig(tmp_path / str(deadline), destination(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 5}))
        rig.store.put = MortalStore(rig.store, deadline).put  # type: ignore[method-assign]
        survived = True
        for n in range(6):
            rig.kinesis.put(b"%d\n" % n)
            try:
                rig.run(7)
            except Crash:
                survived = False
                rig.restart()
        rig.run(20)
        assert lines(rig.s3.bodies()) == [b"%d" % n for n in range(6)], f"died at moment {deadline}"
    assert survived, "every life ended in a crash: the deadlines do not reach past the last write"


def test_a_lost_spool_is_made_up_for_from_the_source(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(62)
    (spooled,) = (tmp_path / "spool").iterdir()
    spooled.write_bytes(b"torn")
    rig.s3.missing.clear()
    rig.restart()
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n"]


def test_a_full_disk_holds_a_buffer_back_and_loses_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    with monkeypatch.context() as patch:

        def full(_path: Path, _data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(Path, "write_bytes", full)
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                rig.run(61)
    rig.run(1)
    assert rig.s3.bodies() == [b"1\n"]


def test_a_restart_goes_on_after_the_last_delivered_record(tmp_path: Path) -> None:
    rig = Rig(tmp_path, shards=2)
    rig.kinesis.put(b"1\n", "shard-0")
    rig.kinesis.put(b"2\n", "shard-1")
    rig.run(61)
    rig.kinesis.put(b"3\n", "shard-1")
    rig.run(10)
    rig.restart()
    rig.run(61)
    assert rig.s3.bodies() == [b"1\n2\n", b"3\n"]


def test_finishing_delivers_what_has_come_before_its_time(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.kinesis.put(b"2\n")
    rig.consumer.finish()
    assert rig.s3.bodies() == [b"1\n2\n"]


def test_finishing_keeps_to_the_size_of_objects(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(1)
    for _ in range(6):
        rig.kinesis.put(b"x" * (MIB // 2))
    rig.consumer.finish()
    assert [len(body) for body in rig.s3.bodies()] == [MIB, MIB, MIB]


def test_what_cannot_be_delivered_while_finishing_is_delivered_after_the_restart(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.consumer.finish()
    rig.s3.missing.clear()
    rig.restart()
    rig.run(5)
    assert rig.s3.bodies() == [b"1\n"]


def test_an_update_applies_to_what_comes_after_it_and_raises_the_version_in_keys(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.update(Prefix="newer/", CompressionFormat="UNCOMPRESSED")
    rig.run(5)
    rig.kinesis.put(b"2\n")
    rig.run(61)
    first, second = rig.s3.keys()
    assert first.startswith("2026/11/20/08/fh-1-")
    assert second.startswith("newer/2026/11/20/08/fh-2-")
    assert rig.s3.bodies() == [b"1\n", b"2\n"]


def test_a_delivery_that_fails_goes_to_the_bucket_of_the_update(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(70)
    rig.kinesis.put(b"2\n")
    rig.update(BucketARN="arn:aws:s3:::pond", Prefix="p/")
    rig.run(70)
    assert rig.s3.bodies("pond") == [b"1\n", b"2\n"]
    assert rig.s3.keys("pond")[0].startswith("p/2026/11/20/08/fh-2-")


def test_a_buffer_that_an_update_closed_reaches_the_new_bucket_when_the_old_one_is_missing(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"1\n")
    rig.run(5)
    rig.update(BucketARN="arn:aws:s3:::pond")
    rig.run(10)
    assert rig.s3.bodies("pond") == [b"1\n"]


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
