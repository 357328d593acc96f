"""S3: a copy keeps to its conditions on the destination, keys have at most 1,024 bytes, encryption needs no KMS key."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace

_ENCRYPTION = "x-amz-server-side-encryption"
LONGEST_KEY = 1024
"""Bytes of a key in UTF-8 (S3 user guide, "Naming Amazon S3 objects")."""
_KEY = f"{_ENCRYPTION}-aws-kms-key-id"


def apply(s3: Any) -> None:
    from ministack.services import kms

    def copy_object(bucket: str, key: str, headers: dict[str, str]) -> Any:
        """ministack honours If-Match and If-None-Match on PutObject and CompleteMultipartUpload, not on CopyObject."""
        existing = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
        refusal = s3._check_put_preconditions(headers, existing)
        return refusal if refusal is not None else original_copy(bucket, key, headers)

    original_copy = replace(s3, "_copy_object", copy_object)

    async def handle_request(method: str, path: str, headers: dict[str, str], *args: Any, **more: Any) -> Any:
        """ministack takes keys of any length."""
        _, key = s3._parse_bucket_key(path, headers)
        size = len((key or "").encode("utf-8", "surrogateescape"))
        if size <= LONGEST_KEY:
            return await original_handle(method, path, headers, *args, **more)
        detail = f"<Size>{size}</Size><MaxSizeAllowed>{LONGEST_KEY}</MaxSizeAllowed>"
        error = f"<Error><Code>KeyTooLongError</Code><Message>Your key is too long</Message>{detail}</Error>"
        return 400, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode()

    original_handle = replace(s3, "handle_request", handle_request)

    def resolve_encryption(headers: dict[str, str], bucket: str) -> Any:
        """ministack refuses ``aws:kms`` without a key; on AWS that is the managed key ``aws/s3``."""
        if headers.get(_ENCRYPTION) == "aws:kms" and not headers.get(_KEY):
            headers = {**headers, _KEY: kms._resolve_key("alias/aws/s3")["Arn"]}
        return original_resolve(headers, bucket)

    original_resolve = replace(s3, "_resolve_sse_write_headers", resolve_encryption)
