"""What tests of durability do on a stage, and what they read back from it."""

from __future__ import annotations

import json
import time
from typing import Any

from aws_stage.testing import REGION, RunningStage

STATEMENT = {"Sid": "TlsOnly", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::settings/*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
TRUST_STATEMENT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUST_STATEMENT]})
BUCKET_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{**STATEMENT, "Principal": "*"}]})


def bucket(s3: Any, name: str, *, versioned: bool = False) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def settings_of(stage: RunningStage, key: str, topic: str) -> dict[str, Any]:
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
        "metric": points_of(stage),
        "alarm": _alarm(stage),
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


def _alarm(stage: RunningStage) -> dict[str, Any]:
    """An alarm without its state, which the stage judges every few seconds."""
    [alarm] = stage.client("cloudwatch").describe_alarms(AlarmNames=["alarm"])["MetricAlarms"]
    return {name: value for name, value in alarm.items() if not name.startswith("State")}


def points_of(stage: RunningStage) -> Any:
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


def configure(stage: RunningStage) -> tuple[str, str]:
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
    bucket(s3, "settings")
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
