"""One execution as the stage sees it: its worker, its limit of time, and the record of how it ended."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from datetime import timedelta
from typing import Any

from aws_stage.engines.athena.api.execution_records import TIMED_OUT, ExecutionRecords
from aws_stage.engines.athena.running.workers import Cancellation, QueryCancelledError
from aws_stage.kernel.engine import AwsError, Stage
from aws_stage.storage.store import Document
from aws_stage.workers.pool import WorkerPool
from aws_stage.workers.process import WorkerDiedError, WorkerProcess

logger = logging.getLogger("aws_stage.athena")

WORKER = "aws_stage.engines.athena.worker"
"""The module that a worker runs."""
CANCELLED = "Query was cancelled by user"


class Runner:
    """Runs executions in workers; ``limits`` are the times that DML and DDL may take, as the service quotas name them.

    DML and UTILITY statements have the DML limit.
    """

    def __init__(
        self, stage: Stage, records: ExecutionRecords, pool: WorkerPool, *, dml: timedelta, ddl: timedelta
    ) -> None:
        self._stage = stage
        self._records = records
        self._pool = pool
        self._limits = {"DDL": ddl}
        self._dml = dml

    def run(self, execution_id: str, cancellation: Cancellation, configuration: Document) -> None:
        """Run a RUNNING execution under its workgroup's configuration, and record how it ended; never raises."""
        started = time.monotonic()
        execution = self._records.find(execution_id)["execution"]
        spill = self._stage.directory("athena") / execution_id
        request = {
            "execution": execution,
            "now": self._stage.clock.now().isoformat(),
            "scan_limit": configuration.get("BytesScannedCutoffPerQuery"),
            "enforced": bool(configuration["EnforceWorkGroupConfiguration"]),
            "spill": str(spill),
        }
        limit = self._limits.get(str(execution["StatementType"]), self._dml)
        answer = self._answer(request, cancellation, limit.total_seconds())
        shutil.rmtree(spill, ignore_errors=True)  # what a worker that was ended has left
        try:
            with self._records.change(execution_id) as record:
                _record(record, answer, time.monotonic() - started)
            self._records.finish(execution_id, answer["state"], answer["reason"])
        except AwsError:
            logger.info("query %s was deleted with its workgroup while it ran", execution_id)

    def _answer(self, request: Document, cancellation: Cancellation, seconds: float) -> Document:
        """What the worker says of the execution, or what is to be said of it when the worker cannot."""
        execution_id = request["execution"]["QueryExecutionId"]
        try:
            with self._pool.worker() as worker:
                return _asked(worker, request, cancellation, seconds)
        except QueryCancelledError:
            return _ended("CANCELLED", CANCELLED)
        except WorkerDiedError as error:
            if cancellation.is_cancelled:
                return _ended("CANCELLED", CANCELLED)
            logger.warning("the worker of query %s ended: %s", execution_id, error)
            return _ended(
                "FAILED",
                f"GENERIC_INTERNAL_ERROR: The process that ran this query ended ({error}): what it read or computed "
                "is beyond what the local stage's engine survives. No other query was touched.",
            )
        except Exception as error:
            logger.exception("query %s", execution_id)
            return _ended("FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")


def _asked(worker: WorkerProcess, request: Document, cancellation: Cancellation, seconds: float) -> Document:
    """The worker's answer. Over its time it is ended, since it may be beyond asking."""
    timed_out = threading.Event()

    def end() -> None:
        timed_out.set()
        worker.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        with cancellation.interrupting(worker):
            answer = worker.ask(request)
    except WorkerDiedError:
        if timed_out.is_set():
            return _ended("FAILED", TIMED_OUT)
        raise
    finally:
        timer.cancel()
    if answer["spent"]:
        worker.kill()
    return answer


def _ended(state: str, reason: str) -> Document:
    return {"state": state, "reason": reason, "scanned": 0, "seconds": {}, "columns": [], "rows": {}}


def _record(record: Document, answer: Document, seconds: float) -> None:
    statistics: dict[str, Any] = record["execution"]["Statistics"]
    statistics["DataScannedInBytes"] = answer["scanned"]
    publishing = answer["seconds"].get("publishing", 0.0)
    statistics["QueryPlanningTimeInMillis"] = round(answer["seconds"].get("planning", 0.0) * 1000)
    statistics["EngineExecutionTimeInMillis"] = round((seconds - publishing) * 1000)
    statistics["ServiceProcessingTimeInMillis"] = round(publishing * 1000)
    if answer.get("manifest"):
        statistics["DataManifestLocation"] = answer["manifest"]
    record["columns"] = answer["columns"]
    record["rows"] = answer["rows"]
    if answer.get("update_count") is not None:
        record["update_count"] = answer["update_count"]
