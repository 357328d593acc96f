"""What the stage has acknowledged survives ``kill -9``."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import REGION, RunningStage

NewStage = Callable[..., RunningStage]
STATEMENT = {"Sid": "TlsOnly", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::settings/*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
TRUST_STATEMENT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUST_STATEMENT]})
BUCKET_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{**STATEMENT, "Principal": "*"}]})


def _kill_and_restart(stage: RunningStage) -> None:
    stage.stop(signal.SIGKILL)
    stage.start()


def _bucket(s3: Any, name: str, *, versioned: bool = False) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _settings(stage: RunningStage, key: str, topic: str) -> dict[str, Any]:
    """What the services say of themselves, without what changes from answer to answer."""
    answers = {
        "kms": stage.client("kms").describe_key(KeyId="alias/lake"),
        "iam": stage.client("iam").get_role_policy(RoleName="role", PolicyName="inline"),
        "attached": stage.client("iam").list_attached_role_policies(RoleName="role"),
        "sns": stage.client("sns").get_topic_attributes(TopicArn=topic),
        "logs": stage.client("logs").describe_log_groups(),
        "events": stage.client("logs").get_log_events(logGroupName="/lake", logStreamName="run")["events"],
        "streams": [
            {
                name: value for name, value in stream.items() if name != "uploadSequenceToken"
            }  # AWS ignores it since 2023
            for stream in stage.client("logs").describe_log_streams(logGroupName="/lake")["logStreams"]
        ],
        "metric": _points(stage),
        "alarm": stage.client("cloudwatch").describe_alarms(AlarmNames=["alarm"]),
        "dashboard": stage.client("cloudwatch").get_dashboard(DashboardName="lake")["DashboardBody"],
        "schedule": stage.client("scheduler").get_schedule(Name="every-15", GroupName="lake"),
        "rule": stage.client("events").list_targets_by_rule(Rule="on-failure"),
        "table": stage.client("glue").get_table(DatabaseName="lake", Name="readings"),
        "partitions": stage.client("glue").get_partitions(DatabaseName="lake", TableName="readings"),
        "parameter": stage.client("ssm").get_parameter(Name="/lake/parameter"),
        "secret": stage.client("secretsmanager").get_secret_value(SecretId="secret"),
        "encryption": stage.client("s3").get_bucket_encryption(Bucket="settings"),
        "lifecycle": stage.client("s3").get_bucket_lifecycle_configuration(Bucket="settings"),
        "policy": stage.client("s3").get_bucket_policy(Bucket="settings")["Policy"],
        "public": stage.client("s3").get_public_access_block(Bucket="settings"),
        "tags": stage.client("s3").get_bucket_tagging(Bucket="settings"),
        "plain": stage.client("kms").decrypt(CiphertextBlob=bytes.fromhex(key))["Plaintext"],
    }
    for answer in answers.values():
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    return answers


def _points(stage: RunningStage) -> Any:
    points = stage.client("cloudwatch").get_metric_statistics(
        Namespace="Lake",
        MetricName="Count",
        Dimensions=[{"Name": "Stage", "Value": "local"}],
        StartTime=time.time() - 3600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points), sum(point["SampleCount"] for point in points)


def _configure(stage: RunningStage) -> tuple[str, str]:
    """One of each resource that the pipelines use; returns a ciphertext (hex) and a topic."""
    kms, iam, glue, s3 = (stage.client(service) for service in ("kms", "iam", "glue", "s3"))
    key = kms.create_key(Description="lake")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/lake", TargetKeyId=key)
    topic: str = stage.client("sns").create_topic(Name="alarms", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="role", PolicyName="inline", PolicyDocument=POLICY)
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="role", PolicyArn=policy)
    logs = stage.client("logs")
    logs.create_log_group(logGroupName="/lake")
    logs.put_retention_policy(logGroupName="/lake", retentionInDays=14)
    logs.create_log_stream(logGroupName="/lake", logStreamName="run")
    events = [{"timestamp": int(time.time() * 1000), "message": "what happened"}]
    logs.put_log_events(logGroupName="/lake", logStreamName="run", logEvents=events)
    cloudwatch = stage.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="alarm",
        Namespace="Lake",
        MetricName="Count",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        ActionsEnabled=False,
    )
    dimensions = [{"Name": "Stage", "Value": "local"}]
    for value in (1, 2):
        datum = {"MetricName": "Count", "Value": value, "Dimensions": dimensions}
        cloudwatch.put_metric_data(Namespace="Lake", MetricData=[datum])
    cloudwatch.put_dashboard(DashboardName="lake", DashboardBody='{"widgets":[]}')
    scheduler = stage.client("scheduler")
    scheduler.create_schedule_group(Name="lake")
    scheduler.create_schedule(
        Name="every-15",
        GroupName="lake",
        ScheduleExpression="rate(15 minutes)",
        State="DISABLED",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": topic, "RoleArn": "arn:aws:iam::000000000000:role/role", "Input": "{}"},
    )
    stage.client("events").put_rule(Name="on-failure", EventPattern='{"source":["aws.glue"]}')
    stage.client("events").put_targets(Rule="on-failure", Targets=[{"Id": "1", "Arn": topic}])
    glue.create_database(DatabaseInput={"Name": "lake"})
    storage = {"Columns": [{"Name": "device_id", "Type": "string"}], "Location": "s3://settings/readings/"}
    keys = [{"Name": "day", "Type": "string"}]
    glue.create_table(
        DatabaseName="lake", TableInput={"Name": "readings", "StorageDescriptor": storage, "PartitionKeys": keys}
    )
    partitions = [{"Values": [f"{day:02}"], "StorageDescriptor": storage} for day in range(1, 4)]
    glue.batch_create_partition(DatabaseName="lake", TableName="readings", PartitionInputList=partitions)
    stage.client("ssm").put_parameter(Name="/lake/parameter", Value="value", Type="String")
    stage.client("secretsmanager").create_secret(Name="secret", SecretString="hidden")
    _bucket(s3, "settings")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket="settings", ServerSideEncryptionConfiguration={"Rules": [rule]})
    expire = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 90}}
    s3.put_bucket_lifecycle_configuration(Bucket="settings", LifecycleConfiguration={"Rules": [expire]})
    s3.put_bucket_policy(Bucket="settings", Policy=BUCKET_POLICY)
    s3.put_public_access_block(
        Bucket="settings",
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True},
    )
    s3.put_bucket_tagging(Bucket="settings", Tagging={"TagSet": [{"Key": "PIPELINE", "Value": "telemetry"}]})
    ciphertext: bytes = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    return ciphertext.hex(), topic


def test_every_setting_survives(new_stage: NewStage) -> None:
    stage = new_stage()
    ciphertext, topic = _configure(stage)
    before = _settings(stage, ciphertext, topic)
    assert before["events"][0]["message"] == "what happened"
    assert len(before["partitions"]["Partitions"]) == 3
    assert before["metric"] == (3, 2)
    _kill_and_restart(stage)
    assert _settings(stage, ciphertext, topic) == before


def test_the_last_setting_survives_a_kill_right_after_its_answer(new_stage: NewStage) -> None:
    stage = new_stage()
    for position in range(2):
        name = f"n{position}"
        stage.client("glue").create_database(DatabaseInput={"Name": name})
        stage.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        _bucket(stage.client("s3"), f"bucket-{name}")
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
    _bucket(s3, "plain")
    _bucket(s3, "versioned", versioned=True)
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
    time.sleep(0.25)
    _kill_and_restart(stage)
    writer.enough = True  # a retry may have found the stage that has come back
    writer.join()
    assert writer.acknowledged
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
    _bucket(s3, "bucket", versioned=True)
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
    _bucket(stage.client("s3"), "bucket")
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
