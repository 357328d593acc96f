"""Query executions: what is recorded of each, and the operations that start, show and stop them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from botocore.exceptions import ClientError

from local.engine import Call, Handler, Stage
from local.engines.athena.api.locations import Location
from local.engines.athena.api.notices import announce
from local.engines.athena.api.requests import invalid, page, required
from local.engines.athena.api.workgroups import PRIMARY, WorkGroups, check_results
from local.engines.athena.statements.kinds import classify
from local.settings import ACCOUNT_ID
from local.store import Document, Store

KIND = "execution"
TOKEN_KIND = "execution_token"  # noqa: S105  a kind of document
CATALOG = "AwsDataCatalog"
LONGEST_QUERY = 262_144
"""Characters of QueryString (API model)."""
HISTORY = timedelta(days=45)
"""How long Athena keeps a query's history."""
_RUNNING = ("QUEUED", "RUNNING")


class Queue(Protocol):
    """Who runs the queries."""

    def submit(self, execution_id: str) -> None: ...

    def cancel(self, execution_id: str) -> None: ...


class Executions:
    """The record of every query execution, newest kept 45 days.

    A record is the API's QueryExecution under ``execution``, with the ``columns`` (ColumnInfo) of its result and the
    ``rows`` of its runtime statistics beside it.
    """

    def __init__(self, stage: Stage, store: Store, workgroups: WorkGroups, queue: Queue) -> None:
        self._stage = stage
        self._store = store
        self._workgroups = workgroups
        self._queue = queue
        self._lock = threading.Lock()
        self.operations: dict[str, Handler] = {
            "StartQueryExecution": self.start,
            "GetQueryExecution": self.get,
            "BatchGetQueryExecution": self.batch_get,
            "ListQueryExecutions": self.list_ids,
            "StopQueryExecution": self.stop,
            "GetQueryRuntimeStatistics": self.runtime_statistics,
        }

    def recover(self) -> None:
        """After a restart: end what was cut off, forget what is older than the history."""
        oldest = (self._stage.clock.now() - HISTORY).timestamp()
        for key, record in self._store.items(KIND):
            execution = record["execution"]
            if execution["Status"]["SubmissionDateTime"] < oldest:
                self._store.delete(KIND, key)
            elif execution["Status"]["State"] in _RUNNING:
                self.finish(
                    key, "FAILED", "INTERNAL_ERROR: The local stage was stopped while this query ran. Run it again."
                )
        for key, token in self._store.items(TOKEN_KIND):
            if token["at"] < oldest:
                self._store.delete(TOKEN_KIND, key)

    def find(self, execution_id: str) -> Document:
        """An execution's record; raises InvalidRequestException when there is none."""
        record = self._store.get(KIND, execution_id)
        if record is None:
            raise invalid(f"QueryExecution {execution_id} was not found")
        return record

    @contextmanager
    def change(self, execution_id: str) -> Iterator[Document]:
        """The record, to be changed and stored by one thread at a time; InvalidRequestException when it is gone."""
        with self._lock:
            record = self.find(execution_id)
            yield record
            self._store.put(KIND, execution_id, record)

    def advance(self, execution_id: str) -> bool:
        """QUEUED to RUNNING; False when the query has been cancelled already."""
        with self.change(execution_id) as record:
            status = record["execution"]["Status"]
            if status["State"] != "QUEUED":
                return False
            status["State"] = "RUNNING"
            waited = self._stage.clock.now().timestamp() - status["SubmissionDateTime"]
            record["execution"]["Statistics"]["QueryQueueTimeInMillis"] = max(0, round(waited * 1000))
        self._announce(record, "QUEUED")
        return True

    def finish(self, execution_id: str, state: str, reason: str | None = None) -> bool:
        """End an execution that has not ended; False when it had."""
        with self.change(execution_id) as record:
            status = record["execution"]["Status"]
            if status["State"] not in _RUNNING:
                return False
            previous = status["State"]
            now = self._stage.clock.now().timestamp()
            status.update(State=state, CompletionDateTime=now)
            statistics = record["execution"]["Statistics"]
            statistics["TotalExecutionTimeInMillis"] = max(0, round((now - status["SubmissionDateTime"]) * 1000))
            if reason is not None:
                status["StateChangeReason"] = reason
                if state == "FAILED":
                    status["AthenaError"] = _athena_error(reason)
        self._announce(record, previous)
        return True

    def start(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        query = str(required(payload, "QueryString"))
        if len(query) > LONGEST_QUERY:
            raise invalid(f"QueryString is longer than {LONGEST_QUERY} characters")
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
        request: Document = {
            member: payload[member]
            for member in (
                "QueryString",
                "QueryExecutionContext",
                "ResultConfiguration",
                "WorkGroup",
                "ExecutionParameters",
                "ResultReuseConfiguration",
            )
            if member in payload
        }
        with self._store.transaction():
            known = self._known_token(payload.get("ClientRequestToken"), request)
            if known is not None:
                return {"QueryExecutionId": known}
            execution_id = str(uuid.uuid4())
            self._record(execution_id, payload, group, result, request)
        self._announce(self.find(execution_id), None)
        self._queue.submit(execution_id)
        return {"QueryExecutionId": execution_id}

    def get(self, call: Call) -> dict[str, Any]:
        return {"QueryExecution": self.find(str(required(call.payload, "QueryExecutionId")))["execution"]}

    def batch_get(self, call: Call) -> dict[str, Any]:
        found, missing = [], []
        for execution_id in required(call.payload, "QueryExecutionIds"):
            record = self._store.get(KIND, execution_id)
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
            (record["execution"] for record in self.of_workgroup(name)),
            key=lambda execution: (execution["Status"]["SubmissionDateTime"], execution["QueryExecutionId"]),
            reverse=True,
        )
        ids, more = page([execution["QueryExecutionId"] for execution in newest_first], call.payload, 50)
        return {"QueryExecutionIds": ids, **more}

    def of_workgroup(self, name: str) -> list[Document]:
        """Every record of a workgroup."""
        return [record for _, record in self._store.items(KIND) if record["execution"]["WorkGroup"] == name]

    def forget_workgroup(self, name: str) -> None:
        """Drop the history of a workgroup that is being deleted."""
        for record in self.of_workgroup(name):
            self._queue.cancel(record["execution"]["QueryExecutionId"])
            self._store.delete(KIND, record["execution"]["QueryExecutionId"])

    def stop(self, call: Call) -> dict[str, Any]:
        execution_id = str(required(call.payload, "QueryExecutionId"))
        self.find(execution_id)
        if self.finish(execution_id, "CANCELLED", "Query was cancelled by user"):
            self._queue.cancel(execution_id)
        return {}

    def runtime_statistics(self, call: Call) -> dict[str, Any]:
        record = self.find(str(required(call.payload, "QueryExecutionId")))
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

    def _announce(self, record: Document, previous: str | None) -> None:
        group = self._workgroups.get_or_none(record["execution"]["WorkGroup"])
        metrics = group is not None and bool(group["Configuration"]["PublishCloudWatchMetricsEnabled"])
        announce(self._stage, record["execution"], previous, metrics=metrics)

    def _known_token(self, token: str | None, request: Document) -> str | None:
        if token is None:
            return None
        known = self._store.get(TOKEN_KIND, token)
        if known is None:
            return None
        if known["request"] != request:
            raise invalid("Idempotent parameters do not match")
        return str(known["id"])

    def _record(
        self, execution_id: str, payload: Document, group: Document, result: Document, request: Document
    ) -> None:
        submitted = self._stage.clock.now().timestamp()
        kind = classify(payload["QueryString"])
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
        self._store.put(KIND, execution_id, {"execution": execution, "columns": [], "rows": {}})
        if payload.get("ClientRequestToken"):
            token = {"id": execution_id, "request": request, "at": submitted}
            self._store.put(TOKEN_KIND, payload["ClientRequestToken"], token)


def _athena_error(reason: str) -> Document:
    """AthenaError of a failure: category 2 is the user's, 1 the system's. ErrorType's values are not public."""
    system = reason.partition(":")[0] in ("INTERNAL_ERROR", "GENERIC_INTERNAL_ERROR")
    return {"ErrorCategory": 1 if system else 2, "Retryable": False, "ErrorMessage": reason}
