"""One execution from RUNNING to its end."""

from __future__ import annotations

import logging
import time
from typing import Any

import duckdb

from local.engine import Stage
from local.engines.athena.api.executions import Executions
from local.engines.athena.dialect import QueryError, Session
from local.engines.athena.lake.filesystem import ScannedBytes
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.query import run_query
from local.engines.athena.running.workers import Cancellation, QueryCancelledError
from local.store import Document

logger = logging.getLogger("datastreamer.athena")


def run(
    stage: Stage, executions: Executions, execution_id: str, cutoff: int | None, cancellation: Cancellation
) -> None:
    """Run an execution that is RUNNING, and record how it ended; never raises."""
    started = time.monotonic()
    execution = executions.find(execution_id)["execution"]
    session = Session(stage.clock.now(), database=execution["QueryExecutionContext"].get("Database") or "default")
    scanned = ScannedBytes(cutoff)
    spill = stage.directory("athena") / execution_id
    context = QueryContext(stage, execution, session, cancellation, scanned, spill)
    reason: str | None = None
    try:
        outcome = run_query(context, execution["Query"])
    except QueryCancelledError:
        state, reason, outcome = "CANCELLED", "Query was cancelled by user", Outcome()
    except QueryError as error:
        state, reason, outcome = "FAILED", str(error), Outcome()
    except duckdb.Error as error:
        state, reason, outcome = "FAILED", _duckdb_reason(error), Outcome()
    except Exception as error:
        logger.exception("query %s", execution_id)
        state, reason, outcome = "FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", Outcome()
    else:
        state = "SUCCEEDED"
    if scanned.exceeded:
        state, reason, outcome = "CANCELLED", "Bytes scanned limit was exceeded", Outcome()
    with executions.change(execution_id) as record:
        _record(record, context, outcome, time.monotonic() - started)
    executions.finish(execution_id, state, reason)


def _record(record: Document, context: QueryContext, outcome: Outcome, seconds: float) -> None:
    statistics: dict[str, Any] = record["execution"]["Statistics"]
    statistics["DataScannedInBytes"] = context.scanned.total
    statistics["QueryPlanningTimeInMillis"] = round(context.planning * 1000)
    statistics["EngineExecutionTimeInMillis"] = round(seconds * 1000)
    if outcome.manifest:
        statistics["DataManifestLocation"] = outcome.manifest
    record["columns"] = outcome.columns
    record["rows"] = outcome.rows
    if outcome.update_count is not None:
        record["update_count"] = outcome.update_count


def _duckdb_reason(error: duckdb.Error) -> str:
    return f"GENERIC_INTERNAL_ERROR: {error}"
