"""Queries that are not done when their call is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.timestream.control.catalogue import Catalogue
from aws_stage.engines.timestream.query import queries as module
from aws_stage.engines.timestream.query.queries import Queries
from aws_stage.engines.timestream.store.records import Records
from aws_stage.kernel.clock import SystemClock
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.storage.duckdb_file import LONGEST_QUERY
from aws_stage.storage.manifest.unlisted import UNLISTED
from aws_stage.storage.store import Store

MANY = "UNNEST(sequence(1, 10000))"
ENDLESS = f"SELECT count(*) FROM {MANY} a(x) CROSS JOIN {MANY} b(y) CROSS JOIN {MANY} c(z) WHERE x + y + z = 0"


@pytest.fixture
def queries(tmp_path: Path) -> Iterator[Queries]:
    records = Records(tmp_path / "records.duckdb", UNLISTED, ())
    found = Queries(Catalogue(Store(tmp_path / "engine.sqlite")), records, SystemClock(), patience=0.01)
    yield found
    found.close()
    records.close()


def _query(queries: Queries, **payload: Any) -> dict[str, Any]:
    return queries.query(Call("timestream", "Query", payload))


def test_a_query_that_still_runs_is_answered_with_a_token_alone_and_can_be_cancelled(queries: Queries) -> None:
    first = _query(queries, QueryString=ENDLESS)
    assert (first["Rows"], first["QueryStatus"]["ProgressPercentage"]) == ([], 0.0)
    again = _query(queries, QueryString=ENDLESS, NextToken=first["NextToken"])
    assert again["Rows"] == []
    cancel = Call("timestream", "CancelQuery", {"QueryId": first["QueryId"]})
    assert queries.cancel(cancel) == {}
    [execution] = queries._executions.values()
    assert execution.wait(LONGEST_QUERY / 2), "it does not run on where nobody sees it"
    assert "cancelled already" in queries.cancel(cancel)["CancellationMessage"]
    with pytest.raises(AwsError, match="ConflictException"):
        _query(queries, QueryString=ENDLESS, NextToken=first["NextToken"])


def test_the_rows_come_with_a_later_page(queries: Queries) -> None:
    sql = f"SELECT x FROM {MANY} a(x) ORDER BY x LIMIT 3"
    answer = _query(queries, QueryString=sql)
    rows = answer["Rows"]
    while "NextToken" in answer:
        answer = _query(queries, QueryString=sql, NextToken=answer["NextToken"])
        rows += answer["Rows"]
    assert [row["Data"][0]["ScalarValue"] for row in rows] == ["1", "2", "3"]
    assert answer["QueryStatus"]["ProgressPercentage"] == 100.0


def test_a_query_that_nobody_started_cannot_be_cancelled(queries: Queries) -> None:
    with pytest.raises(AwsError, match="ValidationException"):
        queries.cancel(Call("timestream", "CancelQuery", {"QueryId": "NONE"}))


def test_a_result_is_given_up_for_newer_ones(queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    first = _query(queries, QueryString=ENDLESS)
    for number in range(2):
        _query(queries, QueryString=f"SELECT {number}")
    with pytest.raises(AwsError, match="not kept any longer"):
        _query(queries, QueryString=ENDLESS, NextToken=first["NextToken"])


def test_queries_see_one_moment_as_now(queries: Queries) -> None:
    before = datetime.now(UTC)
    answer = _query(queries, QueryString="SELECT now() = now(), now()")
    while not answer["Rows"]:
        answer = _query(queries, QueryString="SELECT now() = now(), now()", NextToken=answer["NextToken"])
    [[same, now]] = [[datum["ScalarValue"] for datum in row["Data"]] for row in answer["Rows"]]
    assert same == "true"
    assert now[:19] >= before.strftime("%Y-%m-%d %H:%M:%S")
