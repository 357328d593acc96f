"""StartPipelineExecution and its siblings."""

from __future__ import annotations

import logging
import secrets
import string
import threading
from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import PIPELINE_EXECUTION, invalid, unsupported
from aws_stage.engines.sagemaker.events import Events
from aws_stage.engines.sagemaker.listing import within
from aws_stage.engines.sagemaker.pipelines.book import OVER, ExecutionBook, key_of
from aws_stage.engines.sagemaker.pipelines.definition import parse
from aws_stage.engines.sagemaker.pipelines.execution import Execution
from aws_stage.engines.sagemaker.pipelines.parameters import values
from aws_stage.engines.sagemaker.pipelines.pipelines import Pipelines
from aws_stage.engines.sagemaker.resources import Document, Resources
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page

logger = logging.getLogger("aws_stage.sagemaker")

_LARGEST_PAGE = 100
_SHOWN = (
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionDisplayName",
    "PipelineExecutionStatus",
    "PipelineExecutionDescription",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
    "ParallelismConfiguration",
)
_OF_A_STEP = (
    "StepName",
    "StepDisplayName",
    "StepDescription",
    "StartTime",
    "EndTime",
    "StepStatus",
    "FailureReason",
    "Metadata",
    "AttemptCount",
)
_LETTERS = string.ascii_lowercase + string.digits


class Executions:
    """The executions of the stage's pipelines. Those that the stage did not outlive go on when it starts."""

    def __init__(self, stage: Stage, resources: Resources, pipelines: Pipelines, events: Events) -> None:
        self._stage = stage
        self._resources = resources
        self._pipelines = pipelines
        self._book = ExecutionBook(resources, events)
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Execution, threading.Thread]] = {}
        self.operations: Mapping[str, Handler] = {
            "StartPipelineExecution": self._start,
            "StopPipelineExecution": self._stop,
            "DescribePipelineExecution": self._describe,
            "DescribePipelineDefinitionForExecution": self._describe_definition,
            "ListPipelineExecutions": self._list,
            "ListPipelineExecutionSteps": self._list_steps,
            "ListPipelineParametersForExecution": self._list_parameters,
        }

    def start(self) -> None:
        """Go on with what an earlier stage left."""
        for document in self._resources.all(PIPELINE_EXECUTION):
            if document["PipelineExecutionStatus"] not in OVER:
                execution = self._begin(document)
                if document["PipelineExecutionStatus"] == "Stopping":
                    execution.stop()

    def stop(self) -> None:
        """Wait until no step runs; the documents stay as they are."""
        with self._lock:
            running = list(self._running.values())
        for execution, _ in running:
            execution.abandon()
        for _, thread in running:
            thread.join()

    def _begin(self, document: Document) -> Execution:
        arn = document["PipelineExecutionArn"]
        execution = Execution(self._book, self._stage.client, document)

        def work() -> None:
            try:
                execution.run()
            except Exception as error:
                logger.exception("execution %s", arn)
                self._book.finish(arn, "Failed", FailureReason=f"InternalServerError: {error!r}")
            finally:
                with self._lock:
                    self._running.pop(arn, None)

        thread = threading.Thread(target=work, name=f"sagemaker-{key_of(arn)}", daemon=True)
        with self._lock:
            self._running[arn] = (execution, thread)
        thread.start()
        return execution

    def _start(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "StartPipelineExecution", request)
        for field in ("SelectiveExecutionConfig", "PipelineVersionId", "MlflowExperimentName"):
            if request.get(field):
                raise unsupported(f"{field} of an execution")
        pipeline = self._pipelines.get(request["PipelineName"])
        name, token = pipeline["PipelineName"], request["ClientRequestToken"]
        for known in self._of(name):
            if known["ClientRequestToken"] == token:
                return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
        definition = parse(pipeline["PipelineDefinition"])
        identity = "".join(secrets.choice(_LETTERS) for _ in range(12))
        arn, now = f"{pipeline['PipelineArn']}/execution/{identity}", self._resources.now()
        parallelism = request.get("ParallelismConfiguration") or pipeline.get("ParallelismConfiguration")
        document: Document = {
            "PipelineArn": pipeline["PipelineArn"],
            "PipelineExecutionArn": arn,
            "PipelineExecutionDisplayName": request.get("PipelineExecutionDisplayName")
            or f"execution-{round(now * 1000)}",
            "PipelineExecutionStatus": "Executing",
            "CreationTime": now,
            "LastModifiedTime": now,
            "ClientRequestToken": token,
            "RoleArn": pipeline["RoleArn"],
            "PipelineDefinition": pipeline["PipelineDefinition"],
            "Parameters": values(definition.parameters, request.get("PipelineParameters") or []),
            "GivenParameters": request.get("PipelineParameters") or [],
            "Steps": {},
        }
        if request.get("PipelineExecutionDescription"):
            document["PipelineExecutionDescription"] = request["PipelineExecutionDescription"]
        if parallelism:
            document["ParallelismConfiguration"] = parallelism
        self._resources.create(PIPELINE_EXECUTION, key_of(arn), document, None)
        self._pipelines.has_run(name, now)
        self._book.announce(document, None)
        self._begin(document)
        return {"PipelineExecutionArn": arn}

    def _stop(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "StopPipelineExecution", call.payload)
        arn = call.payload["PipelineExecutionArn"]
        status = self._get(arn)["PipelineExecutionStatus"]
        with self._lock:
            running = self._running.get(arn)
        if status != "Executing" or running is None:
            raise AwsError("ConflictException", f"Only an execution that is Executing can be stopped; it is {status}.")
        self._book.finish(arn, "Stopping")
        running[0].stop()
        return {"PipelineExecutionArn": arn}

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribePipelineExecution", call.payload)
        document = self._get(call.payload["PipelineExecutionArn"])
        return {field: document[field] for field in _SHOWN if field in document}

    def _describe_definition(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribePipelineDefinitionForExecution", call.payload)
        document = self._get(call.payload["PipelineExecutionArn"])
        return {"PipelineDefinition": document["PipelineDefinition"], "CreationTime": document["CreationTime"]}

    def _list(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "ListPipelineExecutions", request)
        if request.get("SortBy", "CreationTime") not in ("CreationTime", "PipelineExecutionArn"):
            raise invalid("SortBy must be CreationTime or PipelineExecutionArn.")
        found = [
            each
            for each in self._of(self._pipelines.get(request["PipelineName"])["PipelineName"])
            if within(each["CreationTime"], request.get("CreatedAfter"), request.get("CreatedBefore"))
        ]
        field = request.get("SortBy") or "CreationTime"
        found.sort(key=lambda each: each[field], reverse=request.get("SortOrder") != "Ascending")
        chosen, more = page(found, request.get("NextToken"), request.get("MaxResults"), _LARGEST_PAGE)
        return {"PipelineExecutionSummaries": [_summary(each) for each in chosen], **more}

    def _list_steps(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "ListPipelineExecutionSteps", request)
        if not request.get("PipelineExecutionArn"):
            raise invalid("PipelineExecutionArn is required.")
        steps = sorted(
            self._get(request["PipelineExecutionArn"])["Steps"].values(),
            key=lambda each: each["StartTime"],
            reverse=request.get("SortOrder") != "Ascending",
        )
        chosen, more = page(steps, request.get("NextToken"), request.get("MaxResults"), _LARGEST_PAGE)
        shown = [{field: each[field] for field in _OF_A_STEP if field in each} for each in chosen]
        return {"PipelineExecutionSteps": shown, **more}

    def _list_parameters(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "ListPipelineParametersForExecution", request)
        given = self._get(request["PipelineExecutionArn"])["GivenParameters"]
        chosen, more = page(given, request.get("NextToken"), request.get("MaxResults"), _LARGEST_PAGE)
        return {"PipelineParameters": chosen, **more}

    def _of(self, pipeline: str) -> list[Document]:
        return [each for key, each in self._resources.items(PIPELINE_EXECUTION) if key.startswith(f"{pipeline}/")]

    def _get(self, arn: str) -> Document:
        document = self._resources.find(PIPELINE_EXECUTION, key_of(arn))
        if document is None:
            raise AwsError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.")
        return document


def _summary(document: Document) -> dict[str, Any]:
    fields = ("PipelineExecutionArn", "PipelineExecutionStatus", "PipelineExecutionDescription")
    shown = {field: document[field] for field in (*fields, "PipelineExecutionDisplayName") if field in document}
    reason = {"PipelineExecutionFailureReason": document["FailureReason"]} if "FailureReason" in document else {}
    return {**shown, "StartTime": document["CreationTime"], **reason}
