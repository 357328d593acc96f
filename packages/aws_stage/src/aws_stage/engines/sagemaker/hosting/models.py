"""CreateModel and its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker import artifacts
from aws_stage.engines.sagemaker.arns import MODEL, invalid, unsupported
from aws_stage.engines.sagemaker.images import framework_of
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.registry.model_packages import ModelPackages
from aws_stage.engines.sagemaker.resources import SERVING, Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call, Handler, Stage

_FIELDS = frozenset(
    {"ModelName", "PrimaryContainer", "Containers", "ExecutionRoleArn", "Tags", "VpcConfig", "EnableNetworkIsolation"}
)
_CONTAINER_FIELDS = frozenset(
    {
        "ContainerHostname",
        "Image",
        "ImageConfig",
        "Mode",
        "ModelDataUrl",
        "ModelDataSource",
        "Environment",
        "ModelPackageName",
    }
)


class Models:
    """The models of the stage: what an image, an artifact and an environment make together."""

    def __init__(self, stage: Stage, resources: Resources, packages: ModelPackages) -> None:
        self._stage = stage
        self._packages = packages
        self._resources = resources
        self.operations: Mapping[str, Handler] = {
            "CreateModel": self._create,
            "DescribeModel": self._describe,
            "ListModels": self._list,
            "DeleteModel": self._delete,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateModel", request)
        _refuse_others(request, _FIELDS, "a model")
        given = _only_container(request)
        serving = self._serving(given)
        shown = {"Mode": "SingleModel", "Environment": {}, **given}
        if given.get("ModelDataUrl"):
            source = {"S3Uri": given["ModelDataUrl"], "S3DataType": "S3Object", "CompressionType": "Gzip"}
            shown["ModelDataSource"] = {"S3DataSource": source}
        name = request["ModelName"]
        document: Document = {
            "ModelName": name,
            "ModelArn": self._resources.arn(MODEL, name),
            **({"PrimaryContainer": shown} if request.get("PrimaryContainer") else {"Containers": [shown]}),
            SERVING: serving,
            "EnableNetworkIsolation": bool(request.get("EnableNetworkIsolation")),
            "CreationTime": self._resources.now(),
            **{field: request[field] for field in ("ExecutionRoleArn", "VpcConfig") if request.get(field)},
        }
        self._resources.create(MODEL, name, document, request.get("Tags"))
        return {"ModelArn": document["ModelArn"]}

    def _serving(self, given: dict[str, Any]) -> dict[str, Any]:
        """The container that is run: that of the model package where one is named."""
        container = {"Environment": {}, **given}
        if given.get("ModelPackageName"):
            if given.get("Image") or given.get("ModelDataUrl") or given.get("ModelDataSource"):
                raise invalid("A container has either a ModelPackageName or an Image and model data.")
            package = self._packages.container(given["ModelPackageName"])
            container = {**package, "Environment": {**package.get("Environment", {}), **container["Environment"]}}
        if not container.get("Image"):
            raise invalid("A container needs an Image.")
        framework_of(container["Image"])
        if given.get("Mode", "SingleModel") != "SingleModel":
            raise unsupported(f"Mode {given['Mode']} of a container")
        address = model_data(container)
        if address is not None:
            self._require(address)
        return container

    def _require(self, address: str) -> None:
        try:
            found = artifacts.exists(self._stage.client("s3"), address)
        except artifacts.ArtifactError as error:
            raise invalid(str(error)) from error
        if not found:
            raise invalid(f"Could not find model data at {address}.")

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeModel", call.payload)
        return described(self._resources.get(MODEL, call.payload["ModelName"]))

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListModels", call.payload)
        fields = ("ModelName", "ModelArn", "CreationTime")
        found, more = listed(self._resources.all(MODEL), call.payload, "Model", fields)
        return {"Models": found, **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        """Endpoints that serve it go on: they hold what they need of it."""
        check("sagemaker", "DeleteModel", call.payload)
        self._resources.delete(MODEL, call.payload["ModelName"])
        return {}


def serving_container(model: Document) -> dict[str, Any]:
    """The container that a model runs, with its Image, its model data and its Environment."""
    container: dict[str, Any] = model[SERVING]
    return container


def _only_container(request: Mapping[str, Any]) -> dict[str, Any]:
    containers = request.get("Containers") or []
    if bool(containers) == bool(request.get("PrimaryContainer")):
        raise invalid("Exactly one of PrimaryContainer and Containers is required.")
    if len(containers) > 1:
        raise unsupported("An inference pipeline of several containers")
    given: dict[str, Any] = request.get("PrimaryContainer") or containers[0]
    _refuse_others(given, _CONTAINER_FIELDS, "a container")
    return given


def model_data(container: Mapping[str, Any]) -> str | None:
    """The S3 address of a container's artifact; None when it has none."""
    source = (container.get("ModelDataSource") or {}).get("S3DataSource")
    if source is None:
        return container.get("ModelDataUrl")
    if (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise unsupported("ModelDataSource other than one gzipped object (S3Object, Gzip)")
    for field in source:
        if field not in ("S3Uri", "S3DataType", "CompressionType"):
            raise unsupported(f"{field} in a ModelDataSource")
    address: str = source["S3Uri"]
    return address


def _refuse_others(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for field, value in given.items():
        if field not in known and value not in (None, [], {}):
            raise unsupported(f"{field} of {where}")
