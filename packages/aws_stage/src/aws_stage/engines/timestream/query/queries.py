"""The query API: a query starts, and its pages are read by tokens that are bound to its text."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import trino_on_duckdb as dialect

from aws_stage.engines.timestream.control.catalogue import Catalogue
from aws_stage.engines.timestream.errors import invalid, unsupported
from aws_stage.engines.timestream.query import problems
from aws_stage.engines.timestream.query.data import datum
from aws_stage.engines.timestream.query.execution import Execution
from aws_stage.engines.timestream.query.relations import CATALOG, source_of, tables_named
from aws_stage.engines.timestream.query.shows import Shows
from aws_stage.engines.timestream.store.records import Records
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call

MODEL = "timestream-query"
MOST_ROWS = 1000
LARGEST_PAGE = 1_000_000
"""Rows and bytes of a page (API reference, ``Query``)."""

FIRST_ANSWER = 5.0
"""Seconds after which a query that still runs is answered with a token alone, as AWS may answer any query."""

_KEPT = 64
_HELD = 2_000_000
"""Results that are kept for their pages, and their rows."""
_WORKERS = 8


class Queries:
    """Query and CancelQuery. ``patience`` are the seconds that a call waits for the result."""

    def __init__(self, catalogue: Catalogue, records: Records, clock: Clock, patience: float = FIRST_ANSWER) -> None:
        self._catalogue = catalogue
        self._records = records
        self._clock = clock
        self._patience = patience
        self._shows = Shows(catalogue, records.schema)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="timestream-query")
        self._lock = threading.Lock()
        self._executions: OrderedDict[str, Execution] = OrderedDict()
        self._clients: dict[str, str] = {}

    def query(self, call: Call) -> dict[str, Any]:
        """Query: the first page, or the one that a token asks for."""
        payload = call.payload
        check(MODEL, "Query", payload)
        if (payload.get("QueryInsights") or {}).get("Mode", "DISABLED") != "DISABLED":
            raise unsupported("QueryInsights")
        if payload.get("NextToken"):
            execution, offset = self._by_token(payload["NextToken"], payload["QueryString"])
        else:
            execution, offset = self._started(payload["QueryString"], payload.get("ClientToken")), 0
        return self._page(execution, offset, payload.get("MaxRows") or MOST_ROWS)

    def cancel(self, call: Call) -> dict[str, Any]:
        """CancelQuery: one that runs ends; one that is done answers no more pages."""
        check(MODEL, "CancelQuery", call.payload)
        with self._lock:
            execution = self._executions.get(call.payload["QueryId"])
        if execution is None:
            raise invalid("There is no query of this id, or its result is not kept any longer.")
        if execution.cancel():
            return {}
        return {"CancellationMessage": "The query has been cancelled already."}

    def close(self) -> None:
        """End what runs."""
        with self._lock:
            running = list(self._executions.values())
        for execution in running:
            execution.cancel()
        self._pool.shutdown()

    def _page(self, execution: Execution, offset: int, most: int) -> dict[str, Any]:
        done = execution.wait(self._patience)
        execution.check()
        rows: list[dict[str, Any]] = []
        if done:
            rows = _rendered(execution, offset, most)
        end = offset + len(rows)
        more = {} if done and end >= len(execution.rows) else {"NextToken": f"{execution.id}.{end}"}
        return {
            "QueryId": execution.id,
            "Rows": rows,
            "ColumnInfo": execution.column_info,
            "QueryStatus": execution.status(),
            **more,
        }

    def _started(self, text: str, client_token: str | None) -> Execution:
        """The execution of this call, or of an earlier one with its client token."""
        with self._lock:
            earlier = self._executions.get(self._clients.get(client_token or "", ""))
        if earlier is not None:
            if earlier.text != text:
                raise invalid("The client token was used with another query.")
            return earlier
        execution = self._begin(text)
        with self._lock:
            self._executions[execution.id] = execution
            if client_token:
                self._clients[client_token] = execution.id
            while len(self._executions) > _KEPT or self._held() > _HELD:
                self._executions.popitem(last=False)[1].cancel()
            self._clients = {token: id_ for token, id_ in self._clients.items() if id_ in self._executions}
        return execution

    def _held(self) -> int:
        """The rows of all results but the newest."""
        return sum(len(each.rows) for each in list(self._executions.values())[:-1])

    def _begin(self, text: str) -> Execution:
        try:
            return self._run(text, _parsed(text))
        except dialect.QueryError as error:
            names = {database.name.lower() for database in self._catalogue.databases()}
            raise problems.refused(error, names) from error

    def _run(self, text: str, statement: Any) -> Execution:
        kind = type(statement).__name__
        if kind == "Other":
            shown = self._shows.answer(statement.text)
            execution = Execution(text, shown.columns)
            execution.finish(shown.rows)
            return execution
        if kind != "Query":
            raise unsupported(f"{kind.upper()} in Timestream's SQL")
        now = self._clock.now()
        session = dialect.Session(now=now, catalog=CATALOG, database="")
        records = self._records
        tables = tables_named(self._catalogue, dialect.tables_in(statement, session))
        sources = {name: source_of(table, records.schema(table.uid), now) for name, table in tables.items()}
        relations = {name: source.relation for name, source in sources.items()}
        translation = dialect.translate(statement, relations, session)
        execution = Execution(text, translation.columns)
        self._pool.submit(execution.run, records, translation.sql, list(sources.values()))
        return execution

    def _by_token(self, token: str, text: str) -> tuple[Execution, int]:
        id_, _, offset = token.partition(".")
        with self._lock:
            execution = self._executions.get(id_)
        if execution is None or not offset.isdecimal():
            raise invalid("The NextToken is not one that this operation gave, or its result is not kept any longer.")
        if execution.text != text:
            raise invalid("The NextToken belongs to another query.")
        return execution, int(offset)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """The statement; a dashboard sends the same one again and again."""
    statements = dialect.parse(text, timestream=True)
    if len(statements) != 1:
        raise invalid("The query syntax is invalid: there is more than one statement.")
    return statements[0]


def _rendered(execution: Execution, offset: int, most: int) -> list[dict[str, Any]]:
    """The rows of a page, up to its limits; one row at least, however large."""
    found: list[dict[str, Any]] = []
    size = 0
    for row in execution.rows[offset : offset + most]:
        data = [datum(value, type_) for value, type_ in zip(row, execution.types, strict=True)]
        size += len(str(data))
        if found and size > LARGEST_PAGE:
            break
        found.append({"Data": data})
    return found
