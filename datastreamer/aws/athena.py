"""Asking Athena: start a query, wait for it, read every row of its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datastreamer.errors import ConfigurationError, JobFailedError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

Sleep = Callable[[float], None]

FIRST_POLL_SECONDS = 0.05
LONGEST_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """What Athena answered: ``rows`` hold one text (or None for NULL) per column, in Athena's own rendering."""

    query_id: str
    columns: list[str]
    types: list[str]
    rows: list[list[str | None]]
    scanned_bytes: int
    milliseconds: int
    more: bool = False
    """Whether rows were left unread."""


def run_query(
    athena: AthenaClient,
    sql: str,
    *,
    workgroup: str,
    database: str,
    most: int | None = None,
    sleep: Sleep = time.sleep,
) -> Answer:
    """Run one statement to its end, and read the first ``most`` rows of its answer (all when None).

    Raises JobFailedError with Athena's own reason when it fails, and ConfigurationError when the workgroup is missing.
    An interrupt (Ctrl+C) stops the query before it is passed on.
    """
    try:
        query_id = athena.start_query_execution(
            QueryString=sql, WorkGroup=workgroup, QueryExecutionContext={"Database": database}
        )["QueryExecutionId"]
    except athena.exceptions.InvalidRequestException as error:
        message = error.response["Error"]["Message"]
        if "WorkGroup" in message:
            raise ConfigurationError(f"{message.rstrip('.')}. Is the stage applied? Try: make apply") from error
        raise JobFailedError(message) from error
    try:
        execution = _wait(athena, query_id, sleep)
    except KeyboardInterrupt:
        athena.stop_query_execution(QueryExecutionId=query_id)
        raise
    state = execution["Status"]["State"]
    if state != "SUCCEEDED":
        raise JobFailedError(execution["Status"].get("StateChangeReason", f"the query ended {state}"))
    columns, types, rows = _read_rows(athena, query_id, most, skip_header=execution.get("StatementType") == "DML")
    statistics = execution.get("Statistics", {})
    return Answer(
        query_id=query_id,
        columns=columns,
        types=types,
        rows=rows[:most],
        scanned_bytes=statistics.get("DataScannedInBytes", 0),
        milliseconds=statistics.get("TotalExecutionTimeInMillis", 0),
        more=most is not None and len(rows) > most,
    )


def saved_queries(athena: AthenaClient, *, workgroup: str) -> dict[str, str]:
    """Name -> SQL of the workgroup's saved queries."""
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=workgroup)
    ids = [query_id for page in pages for query_id in page["NamedQueryIds"]]
    found: dict[str, str] = {}
    for start in range(0, len(ids), 50):  # BatchGetNamedQuery takes at most 50 ids
        batch = athena.batch_get_named_query(NamedQueryIds=ids[start : start + 50])
        found |= {query["Name"]: query["QueryString"] for query in batch["NamedQueries"]}
    return dict(sorted(found.items()))


def prepared_statement(athena: AthenaClient, name: str, *, workgroup: str) -> str | None:
    """The text of a prepared statement of the workgroup, None where there is none of the name."""
    try:
        found = athena.get_prepared_statement(StatementName=name, WorkGroup=workgroup)
    except athena.exceptions.ResourceNotFoundException:
        return None
    return found["PreparedStatement"].get("QueryStatement")


def _wait(athena: AthenaClient, query_id: str, sleep: Sleep) -> Any:
    pause = FIRST_POLL_SECONDS
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        sleep(pause)
        pause = min(pause * 2, LONGEST_POLL_SECONDS)


def _read_rows(
    athena: AthenaClient, query_id: str, most: int | None, *, skip_header: bool
) -> tuple[list[str], list[str], list[list[str | None]]]:
    """Columns, types, and every row, or where there are more than ``most``, at least one more than that."""
    columns: list[str] = []
    types: list[str] = []
    rows: list[list[str | None]] = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
        result = page["ResultSet"]
        info = result.get("ResultSetMetadata", {}).get("ColumnInfo", [])
        columns, types = [column["Name"] for column in info], [column["Type"] for column in info]
        rows.extend([cell.get("VarCharValue") for cell in row.get("Data", [])] for row in result.get("Rows", []))
        if most is not None and len(rows) > most + 1:  # one may be the header
            break
    if skip_header and rows and rows[0] == columns:
        del rows[0]
    return columns, types, rows
