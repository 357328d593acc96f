"""What the execution roles may do: no more than their one task needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datastreamer.inference.names import log_group_of
from datastreamer.inference.resources.models import Artifact
from datastreamer.inference.resources.place import Place


def model_policy(image: str, artifact: Artifact, place: Place) -> dict[str, Any]:
    """What SageMaker needs to serve a model: its archive, its image, a log and metrics."""
    registry, _, repository = image.partition("/")
    account, _, host = registry.partition(".")
    region = host.split(".")[2] if account.isdigit() and host.count(".") >= 2 else place.region
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadModel",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{place.bucket(artifact.bucket)}/{artifact.key}",
            },
            {
                "Sid": "DecryptModel",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": place.arn("kms", "key/*"),
                "Condition": {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}},
            },
            {
                "Sid": "PullImage",
                "Effect": "Allow",
                "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": f"arn:{place.partition}:ecr:{region}:{account if account.isdigit() else place.account_id}"
                f":repository/{repository.partition(':')[0].partition('@')[0] or image}",
            },
            {"Sid": "LogInToRegistry", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
            {
                "Sid": "WriteLog",
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": place.arn("logs", "log-group:/aws/sagemaker/Endpoints/*"),
            },
            {
                "Sid": "WriteMetrics",
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringLike": {"cloudwatch:namespace": "*aws/sagemaker*"}},
            },
        ],
    }


@dataclass(frozen=True)
class Reach:
    """What a processor works with: ARNs, and the KMS keys (ARNs) that a customer keeps for them."""

    function: str
    stream: str
    endpoint: str
    table: str
    bucket: str
    stream_key: str | None = None
    table_key: str | None = None
    bucket_key: str | None = None


def processor_policy(reach: Reach, place: Place) -> dict[str, Any]:
    """What a processor's function needs: the same as Terraform gives it."""
    group = place.arn("logs", f"log-group:{log_group_of(reach.function)}")
    statements = [
        _allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*"),
        _allow(
            "ReadStream",
            [
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            reach.stream,
        ),
        _allow("Score", ["sagemaker:InvokeEndpoint"], reach.endpoint),
        _allow(
            "NameTheModel",
            ["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"],
            [reach.endpoint, place.arn("sagemaker", "endpoint-config/*"), place.arn("sagemaker", "model/*")],
        ),
        _allow("WritePredictions", ["dynamodb:BatchWriteItem", "dynamodb:PutItem"], reach.table),
        _allow("ParkRecords", ["s3:PutObject"], [f"{reach.bucket}/failures/*", f"{reach.bucket}/aws/lambda/*"]),
        _allow("FindFailureBucket", ["s3:ListBucket"], reach.bucket),
    ]
    if reach.stream_key:
        condition = {"kms:EncryptionContext:aws:kinesis:arn": reach.stream}
        statements.append(_allow("DecryptStream", ["kms:Decrypt"], reach.stream_key, condition))
    if reach.table_key:
        actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
        condition = {"kms:ViaService": f"dynamodb.{place.region}.amazonaws.com"}
        statements.append(_allow("EncryptPredictions", actions, reach.table_key, condition))
    if reach.bucket_key:
        condition = {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        statements.append(_allow("EncryptParkedRecords", actions, reach.bucket_key, condition))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(
    sid: str, actions: list[str], resource: str | list[str], condition: dict[str, str] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": {"StringEquals": condition}} if condition else statement
