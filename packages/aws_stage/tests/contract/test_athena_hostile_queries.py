"""Queries that would hold, exhaust or crash whoever runs them: the stage goes on, and can always end them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from processes import children, wait_until_busy, wait_until_gone

from contract.athena_lake import AthenaLake

WORKER = "aws_stage.engines.athena.worker"
BACKTRACKING = "SELECT regexp_like(rpad('a', 100000, 'a'), '(a+)+$b')"
ENDLESS = {
    "a regular expression that backtracks for ever": BACKTRACKING,
    "a Python function with the interpreter's lock": "SELECT length(rpad('a', 2000000000, 'b'))",
    "DuckDB": "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), "
    "UNNEST(sequence(1, 10000)) c(z) WHERE (x * y + z) % 7 = 3",
    "planning": "WITH a0 AS (SELECT 1 x), "
    + ", ".join(f"a{i} AS (SELECT x FROM a{i - 1} UNION ALL SELECT x FROM a{i - 1})" for i in range(1, 40))
    + " SELECT count(*) FROM a39",
}


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_hostile")


def _running(lake: AthenaLake, sql: str) -> str:
    """Start a query that does not end by itself; its id, once it is under way."""
    execution_id = lake.start(sql)

    def runs() -> bool:
        status = lake.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"]
        assert status["State"] in ("QUEUED", "RUNNING"), status
        return bool(status["State"] == "RUNNING")

    eventually(runs)
    return execution_id


def _only_worker(stage: RunningStage) -> int:
    """The worker of a stage that has run one query at a time."""
    assert stage.process is not None
    [worker] = children(stage.process.pid, WORKER)
    return worker


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=list(ENDLESS))
def test_the_stage_answers_while_a_query_runs_for_ever_and_stopping_it_frees_the_machine(
    lake: AthenaLake, sql: str
) -> None:
    execution_id = _running(lake, sql)
    lake.stage.client("kinesis", attempts=1).list_streams()
    lake.stage.client("s3", attempts=1).list_buckets()
    lake.stage.client("glue", attempts=1).get_databases()
    assert lake.rows("SELECT 2") == [["2"]]
    lake.athena.stop_query_execution(QueryExecutionId=execution_id)
    assert lake.wait(execution_id)["Status"]["State"] == "CANCELLED"


def test_a_query_that_cannot_be_asked_to_stop_is_ended_with_its_worker(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    lake = AthenaLake(stage, "athena_stopped")
    lake.rows("SELECT 1")
    execution_id, worker = _running(lake, BACKTRACKING), _only_worker(stage)
    wait_until_busy(worker)
    lake.athena.stop_query_execution(QueryExecutionId=execution_id)
    wait_until_gone(worker)
    execution = lake.wait(execution_id)
    assert execution["Status"]["State"] == "CANCELLED"
    # Were the stopped ones still running, no place would be free for this one.
    for stopped in [_running(lake, BACKTRACKING) for _ in range(3)]:
        lake.athena.stop_query_execution(QueryExecutionId=stopped)
    assert lake.rows("SELECT 3") == [["3"]]


def test_a_query_whose_worker_dies_fails_and_says_so(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    lake = AthenaLake(stage, "athena_crashed")
    lake.rows("SELECT 1")
    execution_id, worker = _running(lake, ENDLESS["DuckDB"]), _only_worker(stage)
    wait_until_busy(worker)
    os.kill(worker, signal.SIGSEGV)
    status = lake.wait(execution_id)["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("GENERIC_INTERNAL_ERROR: The process that ran this query ended")
    assert "SIGSEGV" in status["StateChangeReason"]
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert lake.rows("SELECT 4") == [["4"]]


def test_a_query_over_its_time_fails_with_a_timeout(new_stage: Callable[..., RunningStage]) -> None:
    lake = AthenaLake(new_stage(AWS_STAGE_ATHENA_DML_MINUTES="0.05"), "athena_slow")
    status = lake.wait(lake.start(BACKTRACKING))["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", "Query timeout")
    assert status["AthenaError"]["ErrorType"] == 210


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
def test_a_query_ends_with_its_stage_however_that_ends(
    new_stage: Callable[..., RunningStage], how: signal.Signals
) -> None:
    stage = new_stage()
    lake = AthenaLake(stage, "athena_orphan")
    lake.rows("SELECT 1")
    execution_id, worker = _running(lake, BACKTRACKING), _only_worker(stage)
    wait_until_busy(worker)
    stage.stop(how)
    wait_until_gone(worker)
    stage.start()
    lake.athena = stage.client("athena")
    assert lake.wait(execution_id)["Status"]["State"] in ("FAILED", "CANCELLED")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        (f"SELECT {'(' * 50_000}1{')' * 50_000}", "NOT_SUPPORTED"),
        (f"SELECT 1{'+1' * 60_000}", "STACK_OVERFLOW"),
        (f"SELECT json_parse('{'[' * 100_000}{']' * 100_000}')", "INVALID_FUNCTION_ARGUMENT"),
        (f"CREATE TABLE {'/* ' * 80_000}", "SYNTAX_ERROR"),
    ],
    ids=["parentheses", "a sum", "JSON", "comments that never close"],
)
def test_a_query_of_great_depth_is_refused_by_name(lake: AthenaLake, sql: str, code: str) -> None:
    reason = lake.failure(sql)
    assert reason.startswith(code), reason[:200]


def test_a_result_of_one_very_long_value_is_read_whole(lake: AthenaLake) -> None:
    [[text]] = lake.rows("SELECT rpad('', 20000000, 'a\"b')")
    assert text is not None
    assert (len(text), text[:6]) == (20_000_000, 'a"ba"b')


@pytest.mark.parametrize("count", [400, 600, 5000])
def test_a_chain_of_operators_that_is_too_long_is_refused_in_words(lake: AthenaLake, count: int) -> None:
    reason = lake.failure("SELECT " + " || ".join(["'a'"] * count))
    assert reason.startswith(("NOT_SUPPORTED: The query is nested too deeply", "STACK_OVERFLOW: "))
