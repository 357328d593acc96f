"""The bucket for records that could not be scored: private, encrypted, reachable over TLS only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.errors import ConfigurationError
from datastreamer.inference.names import tag_list
from datastreamer.inference.resources.place import Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def bucket_exists(s3: S3Client, bucket: str) -> bool:
    """Raises ConfigurationError when it belongs to somebody else."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if is_missing(error):
            return False
        if error.response["Error"]["Code"] in ("403", "AccessDenied"):
            raise ConfigurationError(
                f"bucket {bucket} is not yours to use: it is somebody else's, or your permissions do not cover it"
            ) from error
        raise
    return True


def encryption_key(s3: S3Client, bucket: str) -> str | None:
    """ARN of the customer's KMS key that encrypts the bucket, if there is one."""
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ServerSideEncryptionConfigurationNotFoundError":
            return None
        raise
    key: str | None = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return key if key and key.startswith("arn:") else None


def create_bucket(s3: S3Client, bucket: str, place: Place) -> None:
    """Make the bucket in the region of ``place``."""
    where: Any = {} if place.region == "us-east-1" else {"LocationConstraint": place.region}
    s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))


def protect_bucket(s3: S3Client, bucket: str, place: Place, stack: str) -> None:
    """Shut the public out, encrypt with KMS, refuse plain HTTP, delete replayed failures after 30 days."""
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True},
            ]
        },
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(place.bucket(bucket))))
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "expire-replayed",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "replayed/"},
                    "Expiration": {"Days": 30},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
    )
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_list(stack)})  # type: ignore[typeddict-item]


def _tls_only(arn: str) -> dict[str, Any]:
    refuse = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "RefusePlainHttp", **refuse, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "RefuseOldTls", **refuse, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        ],
    }
