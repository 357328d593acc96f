"""One execution from RUNNING to its end."""

from __future__ import annotations

import logging
import time
from typing import Any

import duckdb
from trino_on_duckdb import QueryError, Session

from local.engine import AwsError, Stage
from local.engines.athena.api.execution_records import ExecutionRecords
from local.engines.athena.api.prepared_statements import PreparedStatements
from local.engines.athena.lake.scanned import ScannedBytes
from local.engines.athena.running import failures
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.dispatch import run_statement
from local.engines.athena.running.workers import Cancellation, QueryCancelledError
from local.store import Document

logger = logging.getLogger("datastreamer.athena")


def run(
    stage: Stage,
    execution_id: str,
    cancellation: Cancellation,
    *,
    records: ExecutionRecords,
    prepared: PreparedStatements,
    configuration: Document,
) -> None:
    """Run an execution that is RUNNING under its workgroup's configuration, and record how it ended; never raises."""
    started = time.monotonic()
    execution = records.find(execution_id)["execution"]
    context = QueryContext(
        stage=stage,
        execution=execution,
        session=Session(stage.clock.now(), database=_database(execution)),
        cancellation=cancellation,
        scanned=ScannedBytes(configuration.get("BytesScannedCutoffPerQuery")),
        prepared=prepared,
        enforced=bool(configuration["EnforceWorkGroupConfiguration"]),
        spill=stage.directory("athena") / execution_id,
    )
    state, reason, outcome = _outcome(context)
    try:
        with records.change(execution_id) as record:
            _record(record, context, outcome, time.monotonic() - started)
        records.finish(execution_id, state, reason)
    except AwsError:
        logger.info("query %s was deleted with its workgroup while it ran", execution_id)


def _database(execution: Document) -> str:
    """The database of the request; Athena takes it in backquotes too, as awswrangler sends it."""
    return str(execution["QueryExecutionContext"].get("Database") or "default").strip("`")


def _outcome(context: QueryContext) -> tuple[str, str | None, Outcome]:
    """Run the statement: its state, the reason for it and what it gave."""
    try:
        outcome = run_statement(context, context.execution["Query"], context.execution.get("ExecutionParameters") or ())
    except QueryCancelledError:
        return "CANCELLED", "Query was cancelled by user", Outcome()
    except QueryError as error:
        reason = str(error)
    except duckdb.Error as error:
        reason = failures.reason(error)
    except Exception as error:
        logger.exception("query %s", context.id)
        reason = f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
    else:
        return "SUCCEEDED", None, outcome
    if context.scanned.exceeded:
        return "CANCELLED", "Bytes scanned limit was exceeded", Outcome()
    return "FAILED", reason, Outcome()


def _record(record: Document, context: QueryContext, outcome: Outcome, seconds: float) -> None:
    statistics: dict[str, Any] = record["execution"]["Statistics"]
    statistics["DataScannedInBytes"] = context.scanned.total
    publishing = context.seconds.get("publishing", 0.0)
    statistics["QueryPlanningTimeInMillis"] = round(context.seconds.get("planning", 0.0) * 1000)
    statistics["EngineExecutionTimeInMillis"] = round((seconds - publishing) * 1000)
    statistics["ServiceProcessingTimeInMillis"] = round(publishing * 1000)
    if outcome.manifest:
        statistics["DataManifestLocation"] = outcome.manifest
    record["columns"] = outcome.columns
    record["rows"] = outcome.rows
    if outcome.update_count is not None:
        record["update_count"] = outcome.update_count
