"""The operations that start, show and stop query executions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from botocore.exceptions import ClientError

from aws_stage.engines.athena.api.execution_records import ExecutionRecords
from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.engines.athena.api.workgroups import PRIMARY, WorkGroups, check_results
from aws_stage.engines.athena.statements.kinds import Kind, classify, executed
from aws_stage.kernel.engine import Call, Handler, Stage
from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document

CATALOG = "AwsDataCatalog"
LONGEST_QUERY = 262_144
"""Bytes of QueryString in UTF-8 (docs.aws.amazon.com/athena/latest/ug/service-limits.html)."""
_IDEMPOTENT = (
    "QueryString",
    "QueryExecutionContext",
    "ResultConfiguration",
    "WorkGroup",
    "ExecutionParameters",
    "ResultReuseConfiguration",
)
"""What must be the same in two requests with one ClientRequestToken."""


class Queue(Protocol):
    """Who runs the queries."""

    def submit(self, execution_id: str) -> None: ...

    def cancel(self, execution_id: str) -> None: ...


class Executions:
    """Checks what a request asks for, keeps its record and hands it to the queue.

    ``prepared`` finds the prepared statement of a workgroup and a name.
    """

    def __init__(
        self,
        stage: Stage,
        records: ExecutionRecords,
        workgroups: WorkGroups,
        queue: Queue,
        prepared: Callable[[str, str], Document | None],
    ) -> None:
        self._stage = stage
        self._records = records
        self._workgroups = workgroups
        self._queue = queue
        self._prepared = prepared
        self.operations: dict[str, Handler] = {
            "StartQueryExecution": self.start,
            "GetQueryExecution": self.get,
            "BatchGetQueryExecution": self.batch_get,
            "ListQueryExecutions": self.list_ids,
            "StopQueryExecution": self.stop,
            "GetQueryRuntimeStatistics": self.runtime_statistics,
        }

    def start(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        query = str(required(payload, "QueryString"))
        if len(query.encode("utf-8", "surrogatepass")) > LONGEST_QUERY:
            raise invalid(f"QueryString is longer than {LONGEST_QUERY} bytes")
        if not query.strip():
            raise invalid("Query string is empty")
        name = payload.get("WorkGroup") or PRIMARY
        group = self._workgroups.find(name)
        if group["State"] != "ENABLED":
            raise invalid(f"WorkGroup {name} is disabled.")
        context = payload.get("QueryExecutionContext") or {}
        if context.get("Catalog", CATALOG).lower() != CATALOG.lower():
            raise invalid(f"The local stage has the data catalog {CATALOG} only, not {context['Catalog']!r}.")
        if payload.get("EngineConfiguration"):
            raise invalid("EngineConfiguration is for Spark workgroups; the local stage has none.")
        result = self._result_configuration(group["Configuration"], payload.get("ResultConfiguration") or {})
        request = {member: payload[member] for member in _IDEMPOTENT if member in payload}
        execution = self._new(payload, group, result)
        execution_id = self._records.add(execution, payload.get("ClientRequestToken"), request)
        if execution_id == execution["QueryExecutionId"]:
            self._queue.submit(execution_id)
        return {"QueryExecutionId": execution_id}

    def get(self, call: Call) -> dict[str, Any]:
        return {"QueryExecution": self._records.find(str(required(call.payload, "QueryExecutionId")))["execution"]}

    def batch_get(self, call: Call) -> dict[str, Any]:
        found, missing = [], []
        for execution_id in required(call.payload, "QueryExecutionIds"):
            record = self._records.get_or_none(execution_id)
            if record is None:
                message = f"QueryExecution {execution_id} was not found"
                missing.append(
                    {"QueryExecutionId": execution_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": message}
                )
            else:
                found.append(record["execution"])
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list_ids(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("WorkGroup") or PRIMARY
        self._workgroups.find(name)
        newest_first = sorted(
            (record["execution"] for record in self._records.of_workgroup(name)),
            key=lambda execution: (execution["Status"]["SubmissionDateTime"], execution["QueryExecutionId"]),
            reverse=True,
        )
        ids, more = page([execution["QueryExecutionId"] for execution in newest_first], call.payload, 50)
        return {"QueryExecutionIds": ids, **more}

    def of_workgroup(self, name: str) -> list[Document]:
        """Every record of a workgroup."""
        return self._records.of_workgroup(name)

    def forget_workgroup(self, name: str) -> None:
        """Drop the history of a workgroup that is being deleted."""
        for record in self._records.of_workgroup(name):
            self._queue.cancel(record["execution"]["QueryExecutionId"])
            self._records.forget(record["execution"]["QueryExecutionId"])

    def stop(self, call: Call) -> dict[str, Any]:
        execution_id = str(required(call.payload, "QueryExecutionId"))
        self._records.find(execution_id)
        if self._records.finish(execution_id, "CANCELLED", "Query was cancelled by user"):
            self._queue.cancel(execution_id)
        return {}

    def runtime_statistics(self, call: Call) -> dict[str, Any]:
        record = self._records.find(str(required(call.payload, "QueryExecutionId")))
        statistics = record["execution"]["Statistics"]
        timeline = (
            "QueryQueueTimeInMillis",
            "ServicePreProcessingTimeInMillis",
            "QueryPlanningTimeInMillis",
            "EngineExecutionTimeInMillis",
            "ServiceProcessingTimeInMillis",
            "TotalExecutionTimeInMillis",
        )
        answer: Document = {"Timeline": {member: statistics.get(member, 0) for member in timeline}}
        if record["execution"]["Status"]["State"] == "SUCCEEDED":
            answer["Rows"] = {
                "InputBytes": statistics["DataScannedInBytes"],
                **{
                    member: record["rows"][member]
                    for member in ("InputRows", "OutputBytes", "OutputRows")
                    if member in record["rows"]
                },
            }
        return {"QueryRuntimeStatistics": answer}

    def _result_configuration(self, configuration: Document, given: Document) -> Document:
        """Where the results go: the workgroup decides where it enforces, else the client, else the workgroup."""
        enforced = configuration["EnforceWorkGroupConfiguration"]
        result = (
            dict(configuration["ResultConfiguration"])
            if enforced
            else {**configuration["ResultConfiguration"], **given}
        )
        check_results(result)
        location = result.get("OutputLocation")
        if not location:
            raise invalid(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        bucket = Location.parse(location).bucket
        try:
            self._stage.client("s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            raise invalid(f"Unable to verify/create output bucket {bucket}") from error
        owner = result.get("ExpectedBucketOwner")
        if owner not in (None, ACCOUNT_ID):
            raise invalid(f"Unable to verify/create output bucket {bucket}: its owner is not {owner}")
        return result

    def _kind(self, query: str, workgroup: str) -> Kind:
        """The kind of a statement; EXECUTE puts its output where the statement that it names does."""
        kind, name = classify(query), executed(query)
        prepared = self._prepared(workgroup, name) if name is not None else None
        if prepared is None:
            return kind
        return replace(kind, output=classify(prepared["QueryStatement"]).output)

    def _new(self, payload: Document, group: Document, result: Document) -> Document:
        execution_id = str(uuid.uuid4())
        submitted = self._stage.clock.now().timestamp()
        kind = self._kind(payload["QueryString"], group["Name"])
        output = Location.parse(result["OutputLocation"]).child(kind.output.format(id=execution_id))
        execution: Document = {
            "QueryExecutionId": execution_id,
            "Query": payload["QueryString"],
            "StatementType": kind.type,
            "SubstatementType": kind.substatement,
            "ManagedQueryResultsConfiguration": {"Enabled": False},
            "ResultConfiguration": {**result, "OutputLocation": str(output)},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": payload.get("QueryExecutionContext") or {},
            "Status": {"State": "QUEUED", "SubmissionDateTime": submitted},
            "Statistics": {
                "EngineExecutionTimeInMillis": 0,
                "DataScannedInBytes": 0,
                "TotalExecutionTimeInMillis": 0,
                "QueryQueueTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            },
            "WorkGroup": group["Name"],
            "EngineVersion": group["Configuration"]["EngineVersion"],
        }
        reuse = payload.get("ResultReuseConfiguration")
        if reuse:
            execution["ResultReuseConfiguration"] = reuse
        if payload.get("ExecutionParameters"):
            execution["ExecutionParameters"] = payload["ExecutionParameters"]
        return execution
