"""Model package groups: the versions of a model, together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import MODEL_PACKAGE, MODEL_PACKAGE_GROUP, invalid, unsupported
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler


class ModelPackageGroups:
    """The groups of the stage."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.operations: Mapping[str, Handler] = {
            "CreateModelPackageGroup": self._create,
            "DescribeModelPackageGroup": self._describe,
            "ListModelPackageGroups": self._list,
            "DeleteModelPackageGroup": self._delete,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateModelPackageGroup", request)
        if request.get("ManagedConfiguration"):
            raise unsupported("ManagedConfiguration of a model package group")
        name = request["ModelPackageGroupName"]
        arn = self._resources.arn(MODEL_PACKAGE_GROUP, name)
        if self._resources.find(MODEL_PACKAGE_GROUP, name) is not None:
            raise invalid(f"Model Package Group already exists: {arn}")
        document: Document = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": self._resources.now(),
            "CreatedBy": {},
            "LastVersion": 0,
        }
        if request.get("ModelPackageGroupDescription"):
            document["ModelPackageGroupDescription"] = request["ModelPackageGroupDescription"]
        self._resources.create(MODEL_PACKAGE_GROUP, name, document, request.get("Tags"))
        return {"ModelPackageGroupArn": arn}

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeModelPackageGroup", call.payload)
        document = described(group_of(self._resources, call.payload["ModelPackageGroupName"].rpartition("/")[2]))
        document.pop("LastVersion")
        return document

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListModelPackageGroups", call.payload)
        fields = ("Name", "Arn", "Description", "Status")
        shown = (*(f"ModelPackageGroup{field}" for field in fields), "CreationTime")
        found, more = listed(self._resources.all(MODEL_PACKAGE_GROUP), call.payload, "ModelPackageGroup", shown)
        return {"ModelPackageGroupSummaryList": found, **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DeleteModelPackageGroup", call.payload)
        name = call.payload["ModelPackageGroupName"].rpartition("/")[2]
        group_of(self._resources, name)
        if any(each.get("ModelPackageGroupName") == name for each in self._resources.all(MODEL_PACKAGE)):
            raise AwsError(
                "ConflictException", f"Model Package Group {name} cannot be deleted because it has model packages."
            )
        self._resources.delete(MODEL_PACKAGE_GROUP, name)
        return {}


def group_of(resources: Resources, name: str) -> Document:
    """The document of a group; raises ValidationException."""
    document = resources.find(MODEL_PACKAGE_GROUP, name)
    if document is None:
        raise invalid(f"ModelPackageGroup {resources.arn(MODEL_PACKAGE_GROUP, name)} does not exist.")
    return document
