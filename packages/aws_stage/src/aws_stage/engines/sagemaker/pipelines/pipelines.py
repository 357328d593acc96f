"""CreatePipeline and its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.sagemaker.arns import PIPELINE, PIPELINE_EXECUTION, invalid, unsupported
from aws_stage.engines.sagemaker.listing import within
from aws_stage.engines.sagemaker.pipelines.book import OVER
from aws_stage.engines.sagemaker.pipelines.definition import parse
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page

_LARGEST_PAGE = 100
_CHANGED = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
_SUMMARY = (
    "PipelineArn",
    "PipelineName",
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "CreationTime",
    "LastModifiedTime",
)


class Pipelines:
    """The pipelines of the stage. An execution keeps the definition that it was started with."""

    def __init__(self, stage: Stage, resources: Resources) -> None:
        self._stage = stage
        self._resources = resources
        self.operations: Mapping[str, Handler] = {
            "CreatePipeline": self._create,
            "UpdatePipeline": self._update,
            "DescribePipeline": self._describe,
            "ListPipelines": self._list,
            "DeletePipeline": self._delete,
        }

    def get(self, name_or_arn: str) -> Document:
        """A pipeline's document; raises ResourceNotFound."""
        name = name_or_arn.rpartition("/")[2]
        document = self._resources.find(PIPELINE, name)
        if document is None:
            raise AwsError("ResourceNotFound", f"Pipeline '{self._resources.arn(PIPELINE, name)}' does not exist.")
        return document

    def has_run(self, name: str, moment: float) -> None:
        """An execution was started."""
        self._resources.change(PIPELINE, name, lambda document: document.update(LastRunTime=moment))

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreatePipeline", request)
        name, now = request["PipelineName"], self._resources.now()
        definition = self._definition(request)
        if definition is None:
            raise invalid("Either PipelineDefinition or PipelineDefinitionS3Location is required.")
        parse(definition)
        known = self._resources.find(PIPELINE, name)
        if known is not None and known["ClientRequestToken"] == request["ClientRequestToken"]:
            return {"PipelineArn": known["PipelineArn"]}
        if known is not None:
            raise invalid(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        document: Document = {
            "PipelineArn": self._resources.arn(PIPELINE, name),
            "PipelineName": name,
            "PipelineDisplayName": name,
            "PipelineDefinition": definition,
            "PipelineStatus": "Active",
            "CreationTime": now,
            "LastModifiedTime": now,
            "CreatedBy": {},
            "LastModifiedBy": {},
            "ClientRequestToken": request["ClientRequestToken"],
            **{field: request[field] for field in _CHANGED if request.get(field)},
        }
        self._resources.create(PIPELINE, name, document, request.get("Tags"))
        return {"PipelineArn": document["PipelineArn"]}

    def _update(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "UpdatePipeline", request)
        name = self.get(request["PipelineName"])["PipelineName"]
        definition = self._definition(request)
        if definition is not None:
            parse(definition)

        def edit(document: Document) -> None:
            document |= {field: request[field] for field in _CHANGED if request.get(field) is not None}
            if definition is not None:
                document["PipelineDefinition"] = definition
            document["LastModifiedTime"] = self._resources.now()

        return {"PipelineArn": self._resources.change(PIPELINE, name, edit)["PipelineArn"]}

    def _definition(self, request: Mapping[str, Any]) -> str | None:
        text: str | None = request.get("PipelineDefinition")
        location = request.get("PipelineDefinitionS3Location")
        if text is not None and location:
            raise invalid("Only one of PipelineDefinition and PipelineDefinitionS3Location can be given.")
        if not location:
            return text
        version = {"VersionId": location["VersionId"]} if location.get("VersionId") else {}
        where = {"Bucket": location["Bucket"], "Key": location["ObjectKey"], **version}
        try:
            body: bytes = self._stage.client("s3").get_object(**where)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise invalid(
                f"The definition cannot be read from s3://{where['Bucket']}/{where['Key']}: {error}"
            ) from error
        return body.decode("utf-8", "replace")

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribePipeline", call.payload)
        if call.payload.get("PipelineVersionId"):
            raise unsupported("PipelineVersionId of a pipeline")
        document = described(self.get(call.payload["PipelineName"]))
        document.pop("ClientRequestToken")
        return document

    def _list(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "ListPipelines", request)
        prefix = request.get("PipelineNamePrefix") or ""
        found = [
            each
            for each in self._resources.all(PIPELINE)
            if each["PipelineName"].startswith(prefix)
            and within(each["CreationTime"], request.get("CreatedAfter"), request.get("CreatedBefore"))
        ]
        field = "PipelineName" if request.get("SortBy") == "Name" else "CreationTime"
        found.sort(key=lambda each: each[field], reverse=request.get("SortOrder") != "Ascending")
        chosen, more = page(found, request.get("NextToken"), request.get("MaxResults"), _LARGEST_PAGE)
        return {"PipelineSummaries": [_summary(each) for each in chosen], **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DeletePipeline", call.payload)
        document = self.get(call.payload["PipelineName"])
        name = document["PipelineName"]
        executions = [
            (key, each) for key, each in self._resources.items(PIPELINE_EXECUTION) if key.startswith(f"{name}/")
        ]
        if any(each["PipelineExecutionStatus"] not in OVER for _, each in executions):
            raise AwsError("ConflictException", f"Pipeline {document['PipelineArn']} has executions that run.")
        for key, _ in executions:
            self._resources.delete(PIPELINE_EXECUTION, key)
        self._resources.delete(PIPELINE, name)
        return {"PipelineArn": document["PipelineArn"]}


def _summary(document: Document) -> dict[str, Any]:
    shown = {field: document[field] for field in _SUMMARY if field in document}
    return {**shown, **({"LastExecutionTime": document["LastRunTime"]} if "LastRunTime" in document else {})}
