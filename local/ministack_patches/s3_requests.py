"""S3: a copy keeps to its conditions on the destination, and KMS encryption without a key means S3's own key."""

from __future__ import annotations

from typing import Any

from local.ministack_patches.replace import replace

_ENCRYPTION = "x-amz-server-side-encryption"
_KEY = f"{_ENCRYPTION}-aws-kms-key-id"


def apply() -> None:
    from ministack.services import kms, s3

    def copy_object(bucket: str, key: str, headers: dict[str, str]) -> Any:
        """ministack heeds If-Match and If-None-Match on PutObject and CompleteMultipartUpload, not on CopyObject."""
        existing = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
        refusal = s3._check_put_preconditions(headers, existing)
        return refusal if refusal is not None else original_copy(bucket, key, headers)

    original_copy = replace(s3, "_copy_object", copy_object)

    def resolve_encryption(headers: dict[str, str], bucket: str) -> Any:
        """ministack refuses ``aws:kms`` without a key; on AWS that is the managed key ``aws/s3``."""
        if headers.get(_ENCRYPTION) == "aws:kms" and not headers.get(_KEY):
            headers = {**headers, _KEY: kms._resolve_key("alias/aws/s3")["Arn"]}
        return original_resolve(headers, bucket)

    original_resolve = replace(s3, "_resolve_sse_write_headers", resolve_encryption)
