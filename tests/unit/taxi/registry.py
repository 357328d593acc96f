"""SageMaker's registry, an endpoint and S3 in memory, as far as the functions around a model ask them."""

# ruff: noqa: N803  arguments have the names of AWS's API
from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

GROUP = "datastreamer-test-taxi-fare"
BEGAN = datetime(2025, 4, 1, 12, 0, tzinfo=UTC)
FINGERPRINT = "7.5 57.25 4.125 19.5"


class Paginator:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def paginate(self, **request: Any) -> list[Any]:
        return [self._answer(**request)]


@dataclass
class Registry:
    """Versions are numbered from 1; ``state`` is DescribeEndpoint's answer, None where there is no endpoint."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    running: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)

    def add(self, approval: str = "PendingManualApproval", **properties: str) -> str:
        """A version as the training pipeline registers it; its ARN."""
        number = len(self.packages) + 1
        arn = f"arn:aws:sagemaker:ap-northeast-1:123456789012:model-package/{GROUP}/{number}"
        self.packages[arn] = {
            "ModelPackageVersion": number,
            "ModelPackageArn": arn,
            "ModelApprovalStatus": approval,
            "CreationTime": BEGAN + timedelta(hours=number),
            "ModelPackageDescription": "",
            "InferenceSpecification": {
                "Containers": [{"Image": "xgboost", "ModelDataUrl": f"s3://models/artifacts/{number}/model.tar.gz"}]
            },
            "CustomerMetadataProperties": {
                "floor": "1.5",
                "factor": "0.1",
                "feature_hash": "0123456789abcdef",
                "fingerprint": FINGERPRINT,
                **properties,
            },
        }
        return arn

    def client(self, _service: str) -> Any:
        return self

    # ----- SageMaker
    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def list_model_packages(self, **_request: Any) -> dict[str, Any]:
        return {"ModelPackageSummaryList": list(reversed(self.packages.values()))}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        return self.packages[ModelPackageName]

    def create_model_package(self, **request: Any) -> dict[str, str]:
        self.calls.append(("CreateModelPackage", request))
        arn = self.add()
        self.packages[arn] |= request
        return {"ModelPackageArn": arn}

    def update_model_package(self, *, ModelPackageArn: str, **request: Any) -> None:
        self.calls.append(("UpdateModelPackage", {"ModelPackageArn": ModelPackageArn, **request}))
        package = self.packages[ModelPackageArn]
        package["CustomerMetadataProperties"] |= request.get("CustomerMetadataProperties", {})
        for name in request.get("CustomerMetadataPropertiesToRemove", []):
            package["CustomerMetadataProperties"].pop(name, None)
        for name in ("ModelApprovalStatus", "ApprovalDescription"):
            if name in request:
                package[name] = request[name]

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        if self.state is None:
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}},
                "DescribeEndpoint",
            )
        return self.state

    def list_pipeline_executions(self, **_request: Any) -> dict[str, Any]:
        return {"PipelineExecutionSummaries": self.running}

    # ----- S3
    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_more: Any) -> None:
        self.objects[f"s3://{Bucket}/{Key}"] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[f"s3://{Bucket}/{Key}"])}

    def copy_object(self, *, CopySource: dict[str, str], Bucket: str, Key: str) -> None:
        self.objects[f"s3://{Bucket}/{Key}"] = self.objects[f"s3://{CopySource['Bucket']}/{CopySource['Key']}"]

    def list_objects_v2(self, *, Bucket: str, Prefix: str, **_more: Any) -> dict[str, Any]:
        whole = f"s3://{Bucket}/{Prefix}"
        return {
            "Contents": [
                {"Key": uri.removeprefix(f"s3://{Bucket}/")} for uri in sorted(self.objects) if uri.startswith(whole)
            ]
        }


class Table:
    """The table of rules, as boto3's resource."""

    class RefusedError(Exception):
        """The condition of a put does not hold."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        exceptions = type("exceptions", (), {"ConditionalCheckFailedException": self.RefusedError})
        self.meta = type("meta", (), {"client": type("client", (), {"exceptions": exceptions})})

    def get_item(self, *, Key: dict[str, str], **_more: Any) -> dict[str, Any]:
        found = self.items.get(Key["model_version"])
        return {} if found is None else {"Item": found}

    def scan(self, **_request: Any) -> dict[str, Any]:
        return {"Items": list(self.items.values())}

    def put_item(self, *, Item: dict[str, Any], ConditionExpression: str = "") -> None:
        if ConditionExpression and Item["model_version"] in self.items:
            raise self.RefusedError
        self.items[Item["model_version"]] = Item
