"""What the stage has acknowledged survives ``kill -9``."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import BotoCoreError, ClientError

from contract.stage_session import TRUST, bucket, configure, settings_of

NewStage = Callable[..., RunningStage]


def _kill_and_restart(stage: RunningStage) -> None:
    stage.stop(signal.SIGKILL)
    stage.start()


def test_every_setting_survives(new_stage: NewStage) -> None:
    stage = new_stage()
    ciphertext, topic = configure(stage)
    before = settings_of(stage, ciphertext, topic)
    assert before["events"][0]["message"] == "what happened"
    assert len(before["partitions"]["Partitions"]) == 3
    assert before["metric"] == (3, 2)
    _kill_and_restart(stage)
    assert settings_of(stage, ciphertext, topic) == before


def test_the_last_setting_survives_a_kill_right_after_its_answer(new_stage: NewStage) -> None:
    stage = new_stage()
    for position in range(2):
        name = f"n{position}"
        stage.client("glue").create_database(DatabaseInput={"Name": name})
        stage.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        bucket(stage.client("s3"), f"bucket-{name}")
        if position:
            stage.client("glue").delete_database(Name=f"n{position - 1}")
            stage.client("s3").delete_bucket(Bucket=f"bucket-n{position - 1}")
        _kill_and_restart(stage)
        databases = stage.client("glue").get_databases()["DatabaseList"]
        buckets = stage.client("s3").list_buckets()["Buckets"]
        assert [database["Name"] for database in databases if database["Name"] != "default"] == [name]
        assert [bucket["Name"] for bucket in buckets] == [f"bucket-{name}"]
        assert len(stage.client("iam").list_roles()["Roles"]) == position + 1


def test_objects_versions_tags_deletes_and_an_upload_in_flight_survive(new_stage: NewStage) -> None:
    stage = new_stage()
    s3 = stage.client("s3")
    bucket(s3, "plain")
    bucket(s3, "versioned", versioned=True)
    s3.put_object(
        Bucket="plain",
        Key="dir/a b+ü.txt",
        Body=b"body",
        ContentType="text/plain",
        ContentEncoding="gzip",
        Metadata={"reason": "kept"},
        Tagging="k=v",
    )
    s3.put_object(Bucket="plain", Key="dir/", Body=b"")
    s3.put_object(Bucket="plain", Key="gone", Body=b"x")
    s3.delete_object(Bucket="plain", Key="gone")
    versions = [s3.put_object(Bucket="versioned", Key="k", Body=b"v%d" % i)["VersionId"] for i in range(3)]
    s3.put_object(Bucket="versioned", Key="hidden", Body=b"still there")
    s3.delete_object(Bucket="versioned", Key="hidden")
    s3.delete_object(Bucket="versioned", Key="k", VersionId=versions[1])
    upload = s3.create_multipart_upload(Bucket="plain", Key="large", Metadata={"m": "1"})["UploadId"]
    part = {"Bucket": "plain", "Key": "large", "UploadId": upload}
    first = s3.upload_part(**part, PartNumber=1, Body=b"1" * 5 * 1024 * 1024)["ETag"]

    def state() -> Any:
        head = s3.head_object(Bucket="plain", Key="dir/a b+ü.txt")
        listed = s3.list_object_versions(Bucket="versioned")
        return (
            [head[name] for name in ("ContentType", "ContentEncoding", "Metadata", "ETag", "LastModified")],
            s3.get_object(Bucket="plain", Key="dir/a b+ü.txt")["Body"].read(),
            s3.get_object_tagging(Bucket="plain", Key="dir/a b+ü.txt")["TagSet"],
            [entry["Key"] for entry in s3.list_objects_v2(Bucket="plain")["Contents"]],
            [(v["Key"], v["VersionId"], v["IsLatest"], v["ETag"], v["Size"]) for v in listed["Versions"]],
            [(m["Key"], m["VersionId"], m["IsLatest"]) for m in listed["DeleteMarkers"]],
            [s3.get_object(Bucket="versioned", Key="k", VersionId=v)["Body"].read() for v in versions[::2]],
            [(p["PartNumber"], p["ETag"], p["Size"]) for p in s3.list_parts(**part)["Parts"]],
        )

    before = state()
    assert before[3] == ["dir/", "dir/a b+ü.txt"]
    assert before[6] == [b"v0", b"v2"]
    _kill_and_restart(stage)
    assert state() == before
    second = s3.upload_part(**part, PartNumber=2, Body=b"2")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
    _kill_and_restart(stage)
    whole = s3.get_object(Bucket="plain", Key="large")
    assert whole["Body"].read() == b"1" * 5 * 1024 * 1024 + b"2"
    assert whole["Metadata"] == {"m": "1"}
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="plain")


class _Writer(threading.Thread):
    """Does ``write(number)`` for 0, 1, 2 … until an error or ``enough``; ``acknowledged`` holds what was answered."""

    def __init__(self, write: Callable[[int], Any], numbers: itertools.count[int]) -> None:
        super().__init__()
        self._write = write
        self._numbers = numbers
        self.acknowledged: list[tuple[int, Any]] = []
        self.enough = False

    def run(self) -> None:
        try:
            for number in self._numbers:
                self.acknowledged.append((number, self._write(number)))
                if self.enough:
                    return
        except (BotoCoreError, ClientError):
            return


def _write_until_killed(stage: RunningStage, write: Callable[[int], Any], numbers: itertools.count[int]) -> Any:
    writer = _Writer(write, numbers)
    writer.start()
    eventually(lambda: len(writer.acknowledged) > 2)
    _kill_and_restart(stage)
    writer.enough = True  # a retry may have found the stage that has come back
    writer.join()
    return writer.acknowledged


def test_every_acknowledged_record_survives_kills_during_writing(new_stage: NewStage) -> None:
    stage = new_stage()
    kinesis = stage.client("kinesis")
    kinesis.create_stream(StreamName="stream", ShardCount=2)
    numbers = itertools.count()

    def put(number: int) -> Any:
        records = [{"Data": b"%d-%d" % (number, i), "PartitionKey": str(i)} for i in range(100)]
        answer = kinesis.put_records(StreamName="stream", Records=records)
        return [(r["Data"].decode(), a["SequenceNumber"]) for r, a in zip(records, answer["Records"], strict=True)]

    expected: dict[str, str] = {}
    for _ in range(3):
        for _, results in _write_until_killed(stage, put, numbers):
            expected |= {sequence: data for data, sequence in results}
    found: dict[str, str] = {}
    for shard in kinesis.list_shards(StreamName="stream")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="stream", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator)
            if not answer["Records"]:
                break
            iterator = answer["NextShardIterator"]
            sequences = [int(record["SequenceNumber"]) for record in answer["Records"]]
            assert sequences == sorted(set(sequences))
            found |= {record["SequenceNumber"]: record["Data"].decode() for record in answer["Records"]}
    assert {sequence: found.get(sequence) for sequence in expected} == expected


def test_every_acknowledged_object_survives_kills_during_writing_and_none_is_torn(new_stage: NewStage) -> None:
    stage = new_stage()
    s3 = stage.client("s3")
    bucket(s3, "bucket", versioned=True)
    numbers = itertools.count()

    def body(number: int) -> bytes:
        return b"%d " % number * (1 + number % 7 * 20_000)

    def put(number: int) -> str:
        s3.put_object(Bucket="bucket", Key=f"new/{number}", Body=body(number), Metadata={"number": str(number)})
        version: str = s3.put_object(Bucket="bucket", Key="same", Body=body(number), Metadata={"number": str(number)})[
            "VersionId"
        ]
        return version

    acknowledged = []
    for _ in range(3):
        acknowledged += _write_until_killed(stage, put, numbers)
        same = s3.get_object(Bucket="bucket", Key="same")
        content = same["Body"].read()
        assert content == body(int(same["Metadata"]["number"]))
        assert same["ETag"].strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert int(same["Metadata"]["number"]) >= acknowledged[-1][0]
    for number, version in acknowledged:
        new = s3.get_object(Bucket="bucket", Key=f"new/{number}")
        old = s3.get_object(Bucket="bucket", Key="same", VersionId=version)
        assert (new["Body"].read(), new["Metadata"]) == (body(number), {"number": str(number)})
        assert (old["Body"].read(), old["Metadata"]) == (body(number), {"number": str(number)})


def test_damaged_state_is_refused_by_name_and_never_taken_for_none(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.client("glue").create_database(DatabaseInput={"Name": "lake"})
    bucket(stage.client("s3"), "bucket")
    stage.client("s3").put_object(Bucket="bucket", Key="key", Body=b"body")
    stage.client("kinesis").create_stream(StreamName="stream", ShardCount=1)
    stage.client("kinesis").put_record(StreamName="stream", Data=b"record", PartitionKey="k")
    stage.stop(signal.SIGKILL)
    state, copy = stage.data_dir / "state", stage.data_dir / "copy"
    shutil.copytree(state, copy)
    for pattern, harm, message in (
        ("ministack/glue.json", _flip, "glue.json is damaged"),
        ("s3/000000000000/bucket/key.meta.json", _flip, "key.meta.json is damaged"),
        ("kinesis/*/shardId-000000000000/00000000000000000001.log", _flip, "1.log is damaged: at byte 0"),
        ("engines/kinesis.sqlite*", Path.unlink, r"kinesis\.sqlite is damaged: it is missing"),
    ):
        for path in state.glob(pattern):
            harm(path)
        with pytest.raises(RuntimeError, match=message):
            stage.start()
        shutil.rmtree(state)
        shutil.copytree(copy, state)
    stage.start()
    assert stage.client("s3").get_object(Bucket="bucket", Key="key")["Body"].read() == b"body"


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
