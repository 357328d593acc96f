"""What Athena keeps when the stage is killed."""

from __future__ import annotations

import signal
from collections.abc import Callable

from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


def test_history_survives_a_kill_and_a_query_cut_off_says_so(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    lake = AthenaLake(stage, "athena_killed")
    lake.put_parquet("numbers/a.parquet", [{"id": i} for i in range(5000)])
    lake.rows("CREATE EXTERNAL TABLE numbers (id bigint) STORED AS PARQUET LOCATION 's3://athena-killed/numbers/'")
    lake.athena.create_work_group(Name="kept", Configuration={"ResultConfiguration": {"OutputLocation": lake.results}})
    query_id = lake.athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup="kept")
    done = lake.run("SELECT sum(id) FROM numbers", WorkGroup="kept").execution
    endless = lake.start("SELECT count(*) FROM numbers a, numbers b, numbers c WHERE (a.id * b.id + c.id) % 7 = 3")
    stage.stop(signal.SIGKILL)
    stage.start()
    lake.athena = stage.client("athena")
    assert lake.athena.get_query_execution(QueryExecutionId=done["QueryExecutionId"])["QueryExecution"] == done
    rows = lake.athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]["Rows"]
    assert rows[1]["Data"][0]["VarCharValue"] == str(sum(range(5000)))
    assert lake.athena.list_named_queries(WorkGroup="kept")["NamedQueryIds"] == [query_id["NamedQueryId"]]
    status = lake.wait(endless)["Status"]
    assert status["State"] == "FAILED"
    assert "the local stage was stopped while this query ran" in status["StateChangeReason"].lower()
    assert lake.rows("SELECT max(id) FROM numbers") == [["4999"]]
