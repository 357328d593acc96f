"""KMS: the keys that AWS manages for its services are there when they are first named, as on AWS."""

from __future__ import annotations

import json
import re
from typing import Any

from aws_stage.patches.replace import replace

_MANAGED = re.compile(
    r"(?:arn:aws:kms:[\w-]+:\d{12}:)?alias/aws/(?P<service>dynamodb|ebs|glue|kinesis|lambda|rds|s3|secretsmanager|sns|sqs|ssm)"
)


def apply() -> None:
    from ministack.services import kms

    def resolve_key(name: Any) -> Any:
        """ministack knows no ``alias/aws/s3`` and the like."""
        found = original(name)
        managed = _MANAGED.fullmatch(str(name))
        if found is not None or managed is None:
            return found
        service = managed["service"]
        description = f"Default key that protects my {service} data when no other key is defined"
        _, _, body = kms._create_key({"Description": description})
        key = kms._keys[json.loads(body)["KeyMetadata"]["KeyId"]]
        key["KeyManager"] = "AWS"
        kms._aliases[kms._alias_arn(f"alias/aws/{service}")] = key["KeyId"]
        return key

    original = replace(kms, "_resolve_key", resolve_key)

    def key_metadata(key: dict[str, Any]) -> dict[str, Any]:
        return {**original_metadata(key), "KeyManager": key.get("KeyManager", "CUSTOMER")}

    original_metadata = replace(kms, "_key_metadata", key_metadata)
