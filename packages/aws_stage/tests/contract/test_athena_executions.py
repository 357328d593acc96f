"""Query executions: their states, results, limits and history."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

from contract.athena_lake import AthenaLake

ENDLESS = "SELECT count(*) FROM numbers a, numbers b, numbers c WHERE (a.id * b.id + c.id) % 7 = 3"


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    lake = AthenaLake(stage, "athena_runs")
    lake.put_parquet(
        "numbers/a.parquet", [{"id": i, "word": f'w"{i}', "gap": None if i % 2 else "x"} for i in range(5000)]
    )
    lake.rows(
        "CREATE EXTERNAL TABLE numbers (id bigint, word string, gap string) STORED AS PARQUET "
        "LOCATION 's3://athena-runs/numbers/'"
    )
    return lake


@pytest.fixture
def workgroup(lake: AthenaLake) -> Iterator[str]:
    """A workgroup that enforces its own place for results."""
    configuration = {
        "EnforceWorkGroupConfiguration": True,
        "ResultConfiguration": {
            "OutputLocation": "s3://athena-runs/enforced",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
        },
        "BytesScannedCutoffPerQuery": 10_000_000,
    }
    lake.athena.create_work_group(Name="athena_runs_enforced", Configuration=configuration)
    yield "athena_runs_enforced"
    lake.athena.delete_work_group(WorkGroup="athena_runs_enforced", RecursiveDeleteOption=True)


def refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    details = error.value.response["Error"]
    return f"{details['Code']}: {details['Message']}"


def test_an_execution_says_what_it_did(lake: AthenaLake) -> None:
    answer = lake.run("SELECT id FROM numbers WHERE id < 2 ORDER BY id")
    execution = answer.execution
    assert answer.rows == [["0"], ["1"]]
    assert execution["StatementType"] == "DML"
    assert execution["SubstatementType"] == "SELECT"
    assert execution["WorkGroup"] == "primary"
    assert execution["QueryExecutionContext"] == {"Database": "athena_runs"}
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    statistics = execution["Statistics"]
    assert 0 < statistics["DataScannedInBytes"] < 50_000
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] > 0
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    place = f"s3://athena-runs/results/{execution['QueryExecutionId']}.csv"
    assert execution["ResultConfiguration"]["OutputLocation"] == place
    runtime = lake.athena.get_query_runtime_statistics(QueryExecutionId=execution["QueryExecutionId"])
    rows = runtime["QueryRuntimeStatistics"]["Rows"]
    assert rows["OutputRows"] == 2
    assert rows["InputBytes"] == statistics["DataScannedInBytes"]
    [again] = lake.athena.batch_get_query_execution(
        QueryExecutionIds=[execution["QueryExecutionId"], "00000000-0000-0000-0000-000000000000"]
    )["QueryExecutions"]
    assert again == execution


def test_results_are_csv_as_athena_writes_it(lake: AthenaLake) -> None:
    answer = lake.run("SELECT id, word, gap, '' AS nothing FROM numbers WHERE id < 2 ORDER BY id")
    place = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert lake.text(place) == '"id","word","gap","nothing"\n"0","w""0","x",""\n"1","w""1",,""\n'
    assert f"{place}.metadata".removeprefix("s3://athena-runs/") in lake.keys("results/")
    assert answer.rows == [["0", 'w"0', "x", ""], ["1", 'w"1', None, ""]]
    assert [(c["Name"], c["Type"], c["CaseSensitive"]) for c in answer.columns] == [
        ("id", "bigint", False),
        ("word", "varchar", True),
        ("gap", "varchar", True),
        ("nothing", "varchar", True),
    ]


def test_results_with_nested_values_are_written_alike(lake: AthenaLake) -> None:
    answer = lake.run("SELECT ARRAY[id, NULL] AS pair, word, gap, '' AS nothing FROM numbers WHERE id = 1")
    place = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert lake.text(place) == '"pair","word","gap","nothing"\n"[1, null]","w""1",,""\n'
    assert answer.rows == [["[1, null]", 'w"1', None, ""]]
    assert answer.types == ["array", "varchar", "varchar", "varchar"]


def test_results_come_in_pages(lake: AthenaLake) -> None:
    execution_id = lake.start("SELECT id, word || chr(10) || 'x' AS word FROM numbers ORDER BY id")
    lake.wait(execution_id)
    first = lake.athena.get_query_results(QueryExecutionId=execution_id, MaxResults=3)
    assert [row["Data"][0]["VarCharValue"] for row in first["ResultSet"]["Rows"]] == ["id", "0", "1"]
    pages = lake.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=execution_id, PaginationConfig={"PageSize": 999}
    )
    found = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert found == ["id", *map(str, range(5000))]
    with pytest.raises(ClientError) as error:
        lake.athena.get_query_results(QueryExecutionId=execution_id, MaxResults=1001)
    assert "1000" in refusal(error)
    with pytest.raises(ClientError) as error:
        lake.athena.get_query_results(QueryExecutionId=execution_id, NextToken="nonsense")
    assert refusal(error).startswith("InvalidRequestException")


def test_results_of_what_has_not_succeeded_are_refused(lake: AthenaLake) -> None:
    failed = lake.wait(lake.start("SELECT * FROM nowhere"))
    assert failed["Status"]["AthenaError"]["ErrorCategory"] == 2
    assert failed["Status"]["AthenaError"]["ErrorMessage"] == failed["Status"]["StateChangeReason"]
    with pytest.raises(ClientError) as error:
        lake.athena.get_query_results(QueryExecutionId=failed["QueryExecutionId"])
    assert refusal(error) == ("InvalidRequestException: Query did not finish successfully. Final query state: FAILED")
    with pytest.raises(ClientError) as error:
        lake.athena.get_query_results(QueryExecutionId="no-such-id")
    assert "was not found" in refusal(error)
    done = lake.run("SELECT 1 AS one").execution
    lake.s3.delete_object(Bucket=lake.bucket, Key=f"results/{done['QueryExecutionId']}.csv")
    with pytest.raises(ClientError) as error:
        lake.athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])
    assert "Could not find results" in refusal(error)


def test_stopping_a_query_ends_its_work(lake: AthenaLake) -> None:
    execution_id = lake.start(ENDLESS)
    while (
        lake.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"]["State"] == "QUEUED"
    ):
        time.sleep(0.01)
    lake.athena.stop_query_execution(QueryExecutionId=execution_id)
    assert lake.wait(execution_id)["Status"]["State"] == "CANCELLED"
    waiting = [lake.start(ENDLESS) for _ in range(8)]
    for other in waiting:
        lake.athena.stop_query_execution(QueryExecutionId=other)
    assert {lake.wait(other)["Status"]["State"] for other in waiting} == {"CANCELLED"}
    # Were any of them still running, no thread would be free for this one.
    assert lake.rows("SELECT max(id) FROM numbers") == [["4999"]]


def test_the_workgroup_decides_where_results_go_when_it_enforces(lake: AthenaLake, workgroup: str) -> None:
    request = {"WorkGroup": workgroup, "ResultConfiguration": {"OutputLocation": "s3://athena-runs/mine/"}}
    answer = lake.run("SELECT 1 AS one", **request)
    place = answer.execution["ResultConfiguration"]
    assert place["OutputLocation"].startswith("s3://athena-runs/enforced/")
    assert place["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    written = lake.s3.head_object(Bucket=lake.bucket, Key=place["OutputLocation"].removeprefix("s3://athena-runs/"))
    assert written["ServerSideEncryption"] == "AES256"
    reason = lake.failure(
        "CREATE TABLE elsewhere WITH (external_location = 's3://athena-runs/mine/') AS SELECT 1 AS one", **request
    )
    assert "enforces a centralized output location" in reason


def test_a_query_without_a_place_for_its_results_is_refused(lake: AthenaLake) -> None:
    for configuration, why in (
        ({}, "No output location provided"),
        ({"OutputLocation": "s3://no-such-bucket-here/x"}, "Unable to verify/create output bucket no-such-bucket-here"),
        ({"OutputLocation": "file:///x"}, "not a valid S3 path"),
    ):
        with pytest.raises(ClientError) as error:
            lake.athena.start_query_execution(QueryString="SELECT 1", ResultConfiguration=configuration)
        assert refusal(error).startswith("InvalidRequestException: ")
        assert why in refusal(error)


def test_a_query_over_the_scan_limit_is_cancelled_at_the_limit(lake: AthenaLake, workgroup: str) -> None:
    line = '{"n": 1, "pad": "' + "x" * 1000 + '"}\n'
    for part in range(3):
        lake.put(f"heavy/{part}.json", line * 4000)
    lake.rows(
        "CREATE EXTERNAL TABLE heavy (n int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "LOCATION 's3://athena-runs/heavy/'"
    )
    assert lake.rows("SELECT sum(n) FROM heavy") == [["12000"]]
    answer = lake.run("SELECT sum(n) FROM heavy", WorkGroup=workgroup)
    assert (answer.state, answer.reason) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert answer.scanned == 10_000_000
    assert lake.rows("SELECT max(id) FROM numbers", WorkGroup=workgroup) == [["4999"]]


def test_the_same_request_token_starts_one_query(lake: AthenaLake) -> None:
    token = "athena-runs-token-" + "0" * 20
    first = lake.start("SELECT 1 AS one", ClientRequestToken=token)
    assert lake.start("SELECT 1 AS one", ClientRequestToken=token) == first
    with pytest.raises(ClientError) as error:
        lake.start("SELECT 2 AS two", ClientRequestToken=token)
    assert "Idempotent parameters do not match" in refusal(error)


def test_parameters_are_values_and_never_sql(lake: AthenaLake) -> None:
    query = "SELECT id, word FROM numbers WHERE id = ? AND word <> ? AND '?' <> 'no ? here' -- ?"
    assert lake.rows(query, ExecutionParameters=["7", "'x'"]) == [["7", 'w"7']]
    assert "Incorrect number of parameters" in lake.failure(query, ExecutionParameters=["7"])
    for injection in ("1 OR 1 = 1; SELECT 2", "7) OR (1 = 1", "'x' UNION SELECT 1", "7, 8"):
        assert lake.run(query, ExecutionParameters=[injection, "'x'"]).state == "FAILED"


def test_prepared_statements_run_by_name(lake: AthenaLake) -> None:
    lake.rows("PREPARE athena_runs_by_id FROM SELECT word FROM numbers WHERE id = ? OR id = ?")
    assert lake.rows("EXECUTE athena_runs_by_id USING 3, 1 + 3") == [['w"3'], ['w"4']]
    found = lake.athena.get_prepared_statement(StatementName="athena_runs_by_id", WorkGroup="primary")
    assert found["PreparedStatement"]["QueryStatement"] == "SELECT word FROM numbers WHERE id = ? OR id = ?"
    assert "Incorrect number of parameters" in lake.failure("EXECUTE athena_runs_by_id USING 3")
    lake.rows("DEALLOCATE PREPARE athena_runs_by_id")
    assert "Prepared statement not found" in lake.failure("EXECUTE athena_runs_by_id USING 3, 4")


def test_explain_shows_the_plan_without_running_it(lake: AthenaLake) -> None:
    answer = lake.run("EXPLAIN SELECT max(id) FROM numbers WHERE id > 7")
    assert answer.execution["StatementType"] == "UTILITY"
    assert any("READ_PARQUET" in str(row[0]) for row in answer.rows)
    assert lake.rows("EXPLAIN (TYPE VALIDATE) SELECT 1") == [["true"]]
    assert lake.failure("EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1").startswith("NOT_SUPPORTED")


def test_history_lists_the_newest_first(lake: AthenaLake, workgroup: str) -> None:
    ids = [lake.run(f"SELECT {n} AS n", WorkGroup=workgroup).execution["QueryExecutionId"] for n in range(3)]
    assert lake.athena.list_query_executions(WorkGroup=workgroup)["QueryExecutionIds"] == ids[::-1]
    first = lake.athena.list_query_executions(WorkGroup=workgroup, MaxResults=2)
    second = lake.athena.list_query_executions(WorkGroup=workgroup, NextToken=first["NextToken"])
    assert first["QueryExecutionIds"] + second["QueryExecutionIds"] == ids[::-1]


def test_a_large_result_is_whole(lake: AthenaLake) -> None:
    execution = lake.wait(lake.start("SELECT a.id, b.id AS other FROM numbers a, numbers b WHERE b.id < 20"))
    text = lake.text(execution["ResultConfiguration"]["OutputLocation"])
    rows = {tuple(row) for row in csv.reader(io.StringIO(text))}
    assert rows == {("id", "other"), *((str(a), str(b)) for a in range(5000) for b in range(20))}


def test_queries_run_side_by_side(lake: AthenaLake) -> None:
    started = [lake.start(f"SELECT sum(id) + {n} AS n FROM numbers") for n in range(12)]
    for n, execution_id in enumerate(started):
        assert lake.wait(execution_id)["Status"]["State"] == "SUCCEEDED"
        rows = lake.athena.get_query_results(QueryExecutionId=execution_id)["ResultSet"]["Rows"]
        assert rows[1]["Data"][0]["VarCharValue"] == str(sum(range(5000)) + n)


def test_states_and_metrics_are_published(lake: AthenaLake) -> None:
    sqs, events, cloudwatch = (lake.stage.client(name) for name in ("sqs", "events", "cloudwatch"))
    queue = sqs.create_queue(QueueName="athena-states")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.athena"], "detail": {"workgroupName": ["athena_runs_measured"]}}
    events.put_rule(Name="athena-states", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="athena-states", Targets=[{"Id": "1", "Arn": arn}])
    lake.athena.create_work_group(
        Name="athena_runs_measured",
        Configuration={
            "ResultConfiguration": {"OutputLocation": lake.results},
            "PublishCloudWatchMetricsEnabled": True,
        },
    )
    answer = lake.run("SELECT sum(id) FROM numbers", WorkGroup="athena_runs_measured")
    details: list[dict[str, Any]] = []

    def all_came() -> bool:
        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)
        for message in received.get("Messages", ()):
            details.append(json.loads(message["Body"])["detail"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(details) >= 3

    eventually(all_came)
    assert {detail["queryExecutionId"] for detail in details} == {answer.execution["QueryExecutionId"]}
    details.sort(key=lambda detail: str(detail["sequenceNumber"]))
    assert [(detail.get("previousState"), detail["currentState"]) for detail in details] == [
        (None, "QUEUED"),
        ("QUEUED", "RUNNING"),
        ("RUNNING", "SUCCEEDED"),
    ]
    dimensions = {"QueryState": "SUCCEEDED", "QueryType": "DML", "WorkGroup": "athena_runs_measured"}
    now = datetime.now(UTC)
    asked = {
        "Namespace": "AWS/Athena",
        "MetricName": "ProcessedBytes",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "StartTime": now - timedelta(minutes=10),
        "EndTime": now + timedelta(minutes=10),
        "Period": 3600,
        "Statistics": ["Sum"],
    }
    [point] = eventually(lambda: cloudwatch.get_metric_statistics(**asked)["Datapoints"])
    assert point["Sum"] == answer.scanned
    lake.athena.delete_work_group(WorkGroup="athena_runs_measured", RecursiveDeleteOption=True)
