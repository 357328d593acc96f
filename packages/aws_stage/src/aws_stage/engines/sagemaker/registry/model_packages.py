"""Model packages: versioned within groups, with their approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import MODEL_PACKAGE, MODEL_PACKAGE_GROUP, invalid, unsupported
from aws_stage.engines.sagemaker.events import Events, written_time
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.registry.model_package_groups import group_of
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call, Handler

_KEPT = (
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelMetrics",
    "MetadataProperties",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "ModelCard",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "SourceUri",
    "ApprovalDescription",
)
_FIELDS = frozenset({*_KEPT, "ModelPackageName", "ModelPackageGroupName", "ModelApprovalStatus", "Tags", "ClientToken"})
_UPDATED = frozenset(
    {
        "ModelPackageArn",
        "ModelApprovalStatus",
        "ApprovalDescription",
        "CustomerMetadataProperties",
        "CustomerMetadataPropertiesToRemove",
        "InferenceSpecification",
        "ModelCard",
        "SourceUri",
    }
)
_REPLACED = ("ModelApprovalStatus", "ApprovalDescription", "InferenceSpecification", "ModelCard", "SourceUri")
_DETAIL_TYPE = "SageMaker Model Package State Change"
_ANNOUNCED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "SourceUri",
    "CustomerMetadataProperties",
    "InferenceSpecification",
)
"""Fields of an update that its event names."""
_OF_A_MODEL = ("ContainerHostname", "Image", "ModelDataUrl", "ModelDataSource", "Environment")
_SUMMARY = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


class ModelPackages:
    """Packages are Completed at once: nothing is validated or scanned."""

    def __init__(self, resources: Resources, events: Events) -> None:
        self._resources = resources
        self._events = events
        self.operations: Mapping[str, Handler] = {
            "CreateModelPackage": self._create,
            "DescribeModelPackage": self._describe,
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
        }

    def container(self, name: str) -> dict[str, Any]:
        """The one container of a package that is named by name or ARN; raises ValidationException."""
        containers = (self._get(name).get("InferenceSpecification") or {}).get("Containers") or []
        if len(containers) != 1:
            raise unsupported(f"A model package with {len(containers)} containers")
        return {field: containers[0][field] for field in _OF_A_MODEL if containers[0].get(field)}

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateModelPackage", request)
        for field, value in request.items():
            if field not in _FIELDS and value not in (None, False, [], {}, "None"):
                raise unsupported(f"{field} of a model package")
        group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
        if bool(group) == bool(name):
            raise invalid("Exactly one of ModelPackageGroupName and ModelPackageName is required.")
        identity: Document = {"ModelPackageName": name}
        if group:
            version = self._next_version(group.rpartition("/")[2])
            name = f"{group.rpartition('/')[2]}/{version}"
            identity = {
                "ModelPackageName": group.rpartition("/")[2],
                "ModelPackageGroupName": group.rpartition("/")[2],
                "ModelPackageVersion": version,
                "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
            }
        now = self._resources.now()
        document: Document = {
            **identity,
            "ModelPackageArn": self._resources.arn(MODEL_PACKAGE, str(name)),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now,
            "LastModifiedTime": now,
            **{field: request[field] for field in _KEPT if request.get(field)},
        }
        self._resources.create(MODEL_PACKAGE, str(name), document, request.get("Tags"))
        self._announce(document)
        return {"ModelPackageArn": document["ModelPackageArn"]}

    def _next_version(self, group: str) -> int:
        """Versions count up; that of a deleted package is not given again."""
        version = 0

        def edit(document: Document) -> None:
            nonlocal version
            version = document["LastVersion"] = document["LastVersion"] + 1

        group_of(self._resources, group)
        self._resources.change(MODEL_PACKAGE_GROUP, group, edit)
        return version

    def _get(self, name: str) -> Document:
        key = name.partition(f":{MODEL_PACKAGE}/")[2] or name
        document = self._resources.find(MODEL_PACKAGE, key)
        if document is None:
            raise invalid(f"ModelPackage {self._resources.arn(MODEL_PACKAGE, key)} does not exist.")
        return document

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeModelPackage", call.payload)
        return described(self._get(call.payload["ModelPackageName"]))

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListModelPackages", call.payload)
        group = (call.payload.get("ModelPackageGroupName") or "").rpartition("/")[2]
        approval = call.payload.get("ModelApprovalStatus")
        kind = call.payload.get("ModelPackageType", "Versioned" if group else "Unversioned")
        packages = [
            package
            for package in self._resources.all(MODEL_PACKAGE)
            if (not group or package.get("ModelPackageGroupName") == group)
            and approval in (None, package.get("ModelApprovalStatus"))
            and (kind == "Both" or ("ModelPackageVersion" in package) == (kind == "Versioned"))
        ]
        found, more = listed(packages, call.payload, "ModelPackage", _SUMMARY)
        return {"ModelPackageSummaryList": found, **more}

    def _update(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "UpdateModelPackage", request)
        for field, value in request.items():
            if field not in _UPDATED and value not in (None, [], {}):
                raise unsupported(f"{field} of an update of a model package")
        arn = request["ModelPackageArn"]
        self._get(arn)
        changed = [field for field in _ANNOUNCED if request.get(field)]
        if request.get("CustomerMetadataPropertiesToRemove") and "CustomerMetadataProperties" not in changed:
            changed.append("CustomerMetadataProperties")

        def edit(document: Document) -> None:
            properties = {
                **document.get("CustomerMetadataProperties", {}),
                **(request.get("CustomerMetadataProperties") or {}),
            }
            for key in request.get("CustomerMetadataPropertiesToRemove") or []:
                properties.pop(key, None)
            if properties or "CustomerMetadataProperties" in document:
                document["CustomerMetadataProperties"] = properties
            for field in _REPLACED:
                if request.get(field):
                    document[field] = request[field]
            document["LastModifiedTime"] = self._resources.now()

        document = self._resources.change(MODEL_PACKAGE, arn.partition(f":{MODEL_PACKAGE}/")[2], edit)
        self._announce(document, UpdatedModelPackageFields=changed)
        return {"ModelPackageArn": arn}

    def _announce(self, document: Document, **more: Any) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""
        times = {name: written_time(document[name]) for name in ("CreationTime", "LastModifiedTime")}
        detail = {**described(document), **times, "CertifyForMarketplace": False, **more}
        self._events.send(_DETAIL_TYPE, detail, document["ModelPackageArn"])

    def _delete(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DeleteModelPackage", call.payload)
        arn = self._get(call.payload["ModelPackageName"])["ModelPackageArn"]
        self._resources.delete(MODEL_PACKAGE, arn.partition(f":{MODEL_PACKAGE}/")[2])
        return {}
