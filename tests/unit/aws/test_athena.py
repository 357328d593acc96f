"""Asking Athena: paging, headers, failures, interruption."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from datastreamer.aws.athena import run_query
from datastreamer.errors import JobFailedError


class FakeAthena:
    """Athena that is RUNNING for some polls, ends as told, and answers in pages of two rows."""

    def __init__(self, rows: list[list[str | None]], *, polls: int = 0, end: str = "SUCCEEDED", why: str = "") -> None:
        self.exceptions = boto3.client("athena", region_name="ap-northeast-1").exceptions
        self.stopped: list[str] = []
        self._rows, self._polls, self._end, self._why = rows, polls, end, why

    def start_query_execution(self, **_arguments: Any) -> dict[str, str]:
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, **_arguments: Any) -> dict[str, Any]:
        self._polls -= 1
        state = "RUNNING" if self._polls >= 0 else self._end
        return {
            "QueryExecution": {
                "Status": {"State": state, "StateChangeReason": self._why},
                "StatementType": "DML",
                "Statistics": {"DataScannedInBytes": 1234, "TotalExecutionTimeInMillis": 56},
            }
        }

    def stop_query_execution(self, *, QueryExecutionId: str) -> None:  # noqa: N803  the AWS API's own name
        self.stopped.append(QueryExecutionId)

    def get_paginator(self, _operation: str) -> FakeAthena:
        return self

    def paginate(self, **_arguments: Any) -> list[dict[str, Any]]:
        info = [{"Name": "device_id", "Type": "varchar"}, {"Name": "avg_temp", "Type": "double"}]
        lines = [["device_id", "avg_temp"], *self._rows]
        cells = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in line]} for line in lines]
        return [
            {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": info}, "Rows": cells[start : start + 2]}}
            for start in range(0, len(cells), 2)
        ]


def ask(athena: Any, **more: Any) -> Any:
    return run_query(athena, "SELECT 1", workgroup="w", database="d", sleep=lambda _: None, **more)


def test_every_page_is_read_and_the_header_row_is_not_an_answer() -> None:
    rows: list[list[str | None]] = [[f"device-{number}", str(number)] for number in range(5)]
    answer = ask(FakeAthena(rows, polls=3))
    assert answer.rows == rows
    assert answer.columns == ["device_id", "avg_temp"]
    assert (answer.scanned_bytes, answer.milliseconds) == (1234, 56)


@pytest.mark.parametrize("count", [4, 5, 6, 7, 8])
def test_at_most_so_many_rows_are_read_and_it_is_said_whether_there_are_more(count: int) -> None:
    rows: list[list[str | None]] = [[f"device-{number}", str(number)] for number in range(count)]
    answer = ask(FakeAthena(rows), most=5)
    assert answer.rows == rows[:5]
    assert answer.more is (count > 5)


def test_null_is_not_the_empty_text() -> None:
    assert ask(FakeAthena([["", None]])).rows == [["", None]]


def test_a_row_that_equals_the_header_is_kept_when_it_is_data() -> None:
    assert ask(FakeAthena([["device_id", "avg_temp"]])).rows == [["device_id", "avg_temp"]]


def test_a_failed_query_fails_with_athenas_own_reason() -> None:
    with pytest.raises(JobFailedError, match="TABLE_NOT_FOUND: line 1:15"):
        ask(FakeAthena([], end="FAILED", why="TABLE_NOT_FOUND: line 1:15"))


def test_an_interrupt_stops_the_query() -> None:
    athena: Any = FakeAthena([], polls=5)

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_query(athena, "SELECT 1", workgroup="w", database="d", sleep=interrupt)
    assert athena.stopped == ["q-1"]
