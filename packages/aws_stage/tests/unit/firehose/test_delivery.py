"""When a buffer becomes an object, what the object is called, and what is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aws_stage.engines.firehose.destination import MIB
from aws_stage.engines.firehose.journal import Journal, JournalSource
from unit.firehose.fakes import Rig, destination


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
