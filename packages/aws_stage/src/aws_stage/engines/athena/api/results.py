"""GetQueryResults: pages of a result, read from where the query wrote it."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.athena.api.execution_records import ExecutionRecords
from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.api.requests import decode_token, encode_token, invalid, required
from aws_stage.kernel.engine import Call, Handler, Stage

MOST_ROWS = 1000
"""Rows of a page at most (API model, MaxQueryResults)."""
CHUNK = 256 * 1024
"""Bytes of the result object read at a time."""

_FIELD = re.compile(rb'(?:"((?:[^"]++|"")*+)")?([,\n])')
"""Possessive: what is cut off in the middle of a value fails at once, not once for each of its characters."""


class Results:
    """Reads result objects by byte ranges; a NextToken holds the offset of the next row."""

    def __init__(self, stage: Stage, records: ExecutionRecords) -> None:
        self._stage = stage
        self._records = records
        self.operations: dict[str, Handler] = {"GetQueryResults": self.get}

    def get(self, call: Call) -> dict[str, Any]:
        execution_id = str(required(call.payload, "QueryExecutionId"))
        record = self._records.find(execution_id)
        status = record["execution"]["Status"]
        if status["State"] in ("QUEUED", "RUNNING"):
            raise invalid(f"Query has not yet finished. Current state: {status['State']}")
        if status["State"] == "CANCELLED":
            raise invalid("Could not find results")
        if status["State"] == "FAILED":
            raise invalid("Query did not finish successfully. Final query state: FAILED")
        limit = int(call.payload.get("MaxResults") or MOST_ROWS)
        if not 1 <= limit <= MOST_ROWS:
            raise invalid(f"MaxResults is more than maximum allowed length {MOST_ROWS}.")
        token = call.payload.get("NextToken")
        start = int(decode_token(token)) if token else 0
        location = Location.parse(record["execution"]["ResultConfiguration"]["OutputLocation"])
        rows: list[list[str | None]] = []
        end: int | None = None
        if location.key.endswith((".csv", ".txt")):
            read = _csv_rows if location.key.endswith(".csv") else _text_rows
            rows, end = read(_ResultObject(self._stage.client("s3"), location), start, limit)
        answer: dict[str, Any] = {
            "UpdateCount": record.get("update_count", 0),
            "ResultSet": {
                "Rows": [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": record["columns"]},
            },
        }
        if end is not None:
            answer["NextToken"] = encode_token(end)
        return answer


class _ResultObject:
    """A result object, read forward from an offset."""

    def __init__(self, s3: Any, location: Location) -> None:
        self._s3 = s3
        self._location = location
        self._size: int | None = None

    def read(self, start: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``start``; empty at the end."""
        if self._size is not None and start >= self._size:
            return b""
        try:
            answer = self._s3.get_object(
                Bucket=self._location.bucket, Key=self._location.key, Range=f"bytes={start}-{start + length - 1}"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":
                self._size = start
                return b""
            raise invalid(f"Could not find results: {self._location}: {error.response['Error']['Code']}") from error
        self._size = int(answer["ContentRange"].rpartition("/")[2])
        body: bytes = answer["Body"].read()
        return body

    def after(self, offset: int) -> int | None:
        """``offset`` when there is more of the object from there on, else None."""
        return offset if self._size is not None and offset < self._size else None


def _csv_rows(source: _ResultObject, start: int, limit: int) -> tuple[list[list[str | None]], int | None]:
    """Up to ``limit`` rows from a byte offset, and the offset of the next row when there is one.

    A value that is longer than what was read is looked at again from its start, so each time as much again is read.
    """
    buffer = source.read(start, CHUNK)
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    position = row_start = 0
    while len(rows) < limit:
        match = _FIELD.match(buffer, position)
        if match is None:
            more = source.read(start + len(buffer), max(CHUNK, len(buffer)))
            if not more:
                break
            buffer += more
            continue
        row.append(None if match[1] is None else match[1].replace(b'""', b'"').decode())
        position = match.end()
        if match[2] == b"\n":
            rows.append(row)
            row, row_start = [], position
    return rows, source.after(start + row_start)


def _text_rows(source: _ResultObject, start: int, limit: int) -> tuple[list[list[str | None]], int | None]:
    buffer = source.read(start, CHUNK)
    while buffer.count(b"\n") < limit:
        more = source.read(start + len(buffer), max(CHUNK, len(buffer)))
        if not more:
            break
        buffer += more
    lines = buffer.split(b"\n")[:limit]
    if buffer.count(b"\n") < limit:
        lines = lines[: buffer.count(b"\n")]
    end = start + sum(len(line) + 1 for line in lines)
    return [[line.decode()] for line in lines], source.after(end)
