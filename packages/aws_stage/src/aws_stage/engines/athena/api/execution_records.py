"""The records of query executions: what is kept of each, and how its state changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from aws_stage.engines.athena.api.notices import announce
from aws_stage.engines.athena.api.requests import invalid
from aws_stage.engines.athena.api.workgroups import WorkGroups
from aws_stage.kernel.engine import Stage
from aws_stage.storage.store import Document, Store

KIND = "execution"
TOKEN_KIND = "execution_token"  # noqa: S105  a kind of document
HISTORY = timedelta(days=45)
"""How long Athena keeps a query's history."""
_RUNNING = ("QUEUED", "RUNNING")
TIMED_OUT = "Query timeout"
_TYPES = {TIMED_OUT: 210}
"""ErrorType of a reason (docs.aws.amazon.com/athena/latest/ug/error-reference.html)."""


class ExecutionRecords:
    """The record of every query execution, newest kept 45 days.

    A record is the API's QueryExecution under ``execution``, with the ``columns`` (ColumnInfo) of its result and the
    ``rows`` of its runtime statistics beside it.
    """

    def __init__(self, stage: Stage, store: Store, workgroups: WorkGroups) -> None:
        self._stage = stage
        self._store = store
        self._workgroups = workgroups
        self._lock = threading.Lock()

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

    def of_workgroup(self, name: str) -> list[Document]:
        """Every record of a workgroup."""
        return [record for _, record in self._store.items(KIND) if record["execution"]["WorkGroup"] == name]

    def get_or_none(self, execution_id: str) -> Document | None:
        """An execution's record, or None."""
        return self._store.get(KIND, execution_id)

    def add(self, execution: Document, token: str | None, request: Document) -> str:
        """Keep a new execution; returns its id, or that of the one that the same request token has started."""
        with self._store.transaction():
            known = self._store.get(TOKEN_KIND, token) if token else None
            if known is not None:
                if known["request"] != request:
                    raise invalid("Idempotent parameters do not match")
                return str(known["id"])
            execution_id = str(execution["QueryExecutionId"])
            self._store.put(KIND, execution_id, {"execution": execution, "columns": [], "rows": {}})
            if token:
                at = execution["Status"]["SubmissionDateTime"]
                self._store.put(TOKEN_KIND, token, {"id": execution_id, "request": request, "at": at})
        self._announce(self.find(execution_id), None)
        return execution_id

    def forget(self, execution_id: str) -> None:
        """Drop a record."""
        self._store.delete(KIND, execution_id)

    def _announce(self, record: Document, previous: str | None) -> None:
        group = self._workgroups.get_or_none(record["execution"]["WorkGroup"])
        metrics = group is not None and bool(group["Configuration"]["PublishCloudWatchMetricsEnabled"])
        announce(self._stage, record["execution"], previous, metrics=metrics)


def _athena_error(reason: str) -> Document:
    """AthenaError of a failure: category 2 is the user's, 1 the system's."""
    system = reason.partition(":")[0] in ("INTERNAL_ERROR", "GENERIC_INTERNAL_ERROR")
    kind = {"ErrorType": _TYPES[reason]} if reason in _TYPES else {}
    return {"ErrorCategory": 1 if system else 2, **kind, "Retryable": False, "ErrorMessage": reason}
