"""One execution inside a worker: its statement run, and the answer that says how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from trino_on_duckdb import QueryError, Session

from aws_stage.engines.athena.lake.scanned import ScannedBytes
from aws_stage.engines.athena.running import failures
from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.dispatch import run_statement
from aws_stage.engines.athena.running.workers import Cancellation, QueryCancelledError
from aws_stage.storage.store import Document

logger = logging.getLogger("aws_stage.athena")


def execute(request: Document, cancellation: Cancellation, clients: Callable[[str], Any]) -> Document:
    """Run an execution and say how it ended; never raises.

    ``request`` has the API's QueryExecution under ``execution``, the session's moment ``now`` (ISO 8601), the bytes
    that it may scan (``scan_limit``), whether its workgroup has ``enforced`` the place of its results, and a folder
    ``spill``. The answer has ``state``, ``reason``, ``scanned`` (bytes), ``seconds`` by part, ``columns``
    (ColumnInfo), ``rows`` (counts), ``update_count``, ``manifest``, and whether the worker is ``spent``.
    """
    execution = request["execution"]
    context = QueryContext(
        clients=clients,
        execution=execution,
        session=Session(datetime.fromisoformat(request["now"]), database=_database(execution)),
        cancellation=cancellation,
        scanned=ScannedBytes(request["scan_limit"]),
        enforced=request["enforced"],
        spill=Path(request["spill"]),
    )
    state, reason, outcome = _outcome(context)
    return {
        "state": state,
        "reason": reason,
        "scanned": context.scanned.total,
        "seconds": context.seconds,
        "columns": outcome.columns,
        "rows": outcome.rows,
        "update_count": outcome.update_count,
        "manifest": outcome.manifest,
        "spent": reason == failures.OUT_OF_MEMORY,
    }


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
    except MemoryError:
        reason = failures.OUT_OF_MEMORY
    except RecursionError:
        reason = failures.TOO_DEEP
    except Exception as error:
        logger.exception("query %s", context.id)
        reason = f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
    else:
        warnings = "; ".join(sorted(context.warnings))
        return "SUCCEEDED", outcome.notice or (f"WARNING: {warnings}" if warnings else None), outcome
    if context.scanned.exceeded:
        return "CANCELLED", "Bytes scanned limit was exceeded", Outcome()
    return "FAILED", reason, Outcome()
