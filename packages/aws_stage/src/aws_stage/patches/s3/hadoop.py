"""S3 for Hadoop's S3A: it may rename an object that KMS encrypts, though the stage speaks plain HTTP.

S3A renames by a copy that repeats the encryption that HeadObject returned, and AWS's Java SDK refuses to send any key's
name without TLS. So HeadObject shows S3A no encryption; the copy then gets the bucket's default, which is the same.
"""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace

_ENCRYPTION = "x-amz-server-side-encryption"


def apply(s3: Any) -> None:
    original = s3.format_head_response

    def format_head_response(path: str, headers: dict[str, str], response: Any) -> Any:
        status, response_headers, body = original(path, headers, response)
        if headers.get("user-agent", "").startswith("Hadoop"):
            response_headers = {
                name: value for name, value in response_headers.items() if not name.lower().startswith(_ENCRYPTION)
            }
        return status, response_headers, body

    replace(s3, "format_head_response", format_head_response)
