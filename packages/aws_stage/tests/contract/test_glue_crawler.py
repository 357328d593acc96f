"""Crawls: what a crawler finds in S3 and writes into the Data Catalog."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow
import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError
from processes import children

from contract.crawls import Lake, gzipped, json_lines, parquet

pytestmark = pytest.mark.stage

DAY = "telemetry/year=2025/month=10/day="
LOG_ONLY = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


@pytest.fixture
def lake(stage: RunningStage, request: pytest.FixtureRequest) -> Lake:
    """A bucket and a database named after the test."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:40].strip("-")
    case = f"-{next(iter(request.node.callspec.indices.values()))}" if hasattr(request.node, "callspec") else ""
    return Lake(stage, name + case)


def test_parquet_under_hive_folders_is_one_table_with_partitions(lake: Lake) -> None:
    lake.put(
        {
            f"{DAY}15/a.parquet": parquet(event_id=["1", "2"], temperature=[20.5, 21.0]),
            f"{DAY}15/b.parquet": parquet(event_id=["3"], temperature=[1.5]),
            f"{DAY}16/c.parquet": parquet(event_id=["4"], temperature=[2.5]),
        }
    )
    lake.create("telemetry/")
    metrics = lake.crawl_well()
    assert (metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"]) == (1, 0, 0)
    table = lake.table("telemetry")
    assert lake.columns("telemetry") == {"event_id": "string", "temperature": "double"}
    assert table["PartitionKeys"] == [{"Name": name, "Type": "string"} for name in ("year", "month", "day")]
    storage = table["StorageDescriptor"]
    assert storage["Location"] == f"s3://{lake.bucket}/telemetry/"
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    parameters = table["Parameters"]
    assert parameters["classification"] == "parquet"
    assert parameters["compressionType"] == "none"
    assert parameters["recordCount"] == "4"
    assert parameters["objectCount"] == "3"
    assert parameters["typeOfData"] == "file"
    assert parameters["CrawlerSchemaSerializerVersion"] == parameters["CrawlerSchemaDeserializerVersion"] == "1.0"
    assert parameters["UPDATED_BY_CRAWLER"] == lake.name
    assert int(parameters["averageRecordSize"]) == round(int(parameters["sizeKey"]) / 4)
    partitions = lake.partitions("telemetry")
    assert set(partitions) == {("2025", "10", "15"), ("2025", "10", "16")}
    first = partitions["2025", "10", "15"]
    assert first["StorageDescriptor"]["Location"] == f"s3://{lake.bucket}/{DAY}15/"
    assert first["Parameters"]["recordCount"] == "3"


def test_parquet_types_are_hives(lake: Lake) -> None:
    lake.put(
        {
            "types/a.parquet": parquet(
                Flag=[True],
                tiny=pyarrow.array([1], pyarrow.int8()),
                small=pyarrow.array([1], pyarrow.int16()),
                whole=pyarrow.array([1], pyarrow.int32()),
                big=[1],
                single=pyarrow.array([1.0], pyarrow.float32()),
                double=[1.0],
                text=["x"],
                raw=[b"x"],
                moment=[datetime(2025, 10, 15, tzinfo=UTC)],
                day=[date(2025, 10, 15)],
                money=[Decimal("1.25")],
                tags=[["a"]],
                place=[{"lat": 1.5, "floors": [1]}],
                lookup=pyarrow.array([[("a", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
            )
        }
    )
    lake.create("types/")
    lake.crawl_well()
    assert lake.columns("types") == {
        "flag": "boolean",
        "tiny": "tinyint",
        "small": "smallint",
        "whole": "int",
        "big": "bigint",
        "single": "float",
        "double": "double",
        "text": "string",
        "raw": "binary",
        "moment": "timestamp",
        "day": "date",
        "money": "decimal(3,2)",
        "tags": "array<string>",
        "place": "struct<lat:double,floors:array<bigint>>",
        "lookup": "map<string,bigint>",
    }


def test_gzip_json_by_content_under_dated_folders_gets_numbered_partitions(lake: Lake) -> None:
    rows = [{"id": 1, "big": 2**40, "t": 20, "ok": True, "extra": {"a": [1.5]}, "none": None}, {"id": 2, "t": 20.5}]
    broken = b'{"id": 3, "t":\n'
    lake.put(
        {
            "raw/2025/10/15/one": gzipped(json_lines(*rows)) + gzipped(broken),
            "raw/2025/10/16/two": gzipped(json_lines({"id": 3, "t": 1.5, "ok": False, "extra": {}, "none": None})),
            "raw/2025/10/16/empty": b"",
            "raw/_SUCCESS": b"not data",
        }
    )
    lake.create("raw/", TablePrefix="pre_")
    lake.crawl_well()
    table = lake.table("pre_raw")
    assert [key["Name"] for key in table["PartitionKeys"]] == ["partition_0", "partition_1", "partition_2"]
    assert set(lake.partitions("pre_raw")) == {("2025", "10", "15"), ("2025", "10", "16")}
    assert lake.columns("pre_raw") == {
        "id": "int",
        "big": "bigint",
        "t": "double",
        "ok": "boolean",
        "extra": "struct<a:array<double>>",
        "none": "string",
    }
    assert table["Parameters"]["classification"] == "json"
    assert table["Parameters"]["compressionType"] == "gzip"
    assert table["StorageDescriptor"]["Compressed"] is True
    serde = table["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert serde["Parameters"]["paths"] == "id,big,t,ok,extra,none"


@pytest.mark.parametrize(
    ("text", "columns", "parameters"),
    [
        (
            b"device,t,site\nd1,20.5,a\nd2,21,b\n",
            {"device": "string", "t": "double", "site": "string"},
            {"delimiter": ",", "skip.header.line.count": "1", "areColumnsQuoted": "false", "recordCount": "2"},
        ),
        (b"1|2\n3|4\n", {"col0": "bigint", "col1": "bigint"}, {"delimiter": "|", "recordCount": "2"}),
        (b"a\tb\nc\td\n", {"col0": "string", "col1": "string"}, {"delimiter": "\t"}),
        (b'n;text\n1;"x, y"\n', {"n": "bigint", "text": "string"}, {"delimiter": ";", "areColumnsQuoted": "true"}),
    ],
)
def test_delimited_text_is_described_by_its_content(
    lake: Lake, text: bytes, columns: dict[str, str], parameters: dict[str, str]
) -> None:
    lake.put({"readings/file": text})
    lake.create("readings")
    lake.crawl_well()
    table = lake.table("readings")
    assert lake.columns("readings") == columns
    assert parameters.items() <= table["Parameters"].items()
    assert ("skip.header.line.count" in table["Parameters"]) == ("col0" not in columns)
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"field.delim": parameters["delimiter"]}
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("LazySimpleSerDe")


def test_folders_with_different_schemas_are_tables_of_their_own(lake: Lake) -> None:
    """The name is the folder's, with what a table's name cannot have made an underscore."""
    lake.put(
        {
            "Site-A/x.json": json_lines({"id": 1, "t": 2.5}),
            "b/day=1/y.parquet": parquet(name=["x"], size=[1]),
            "b/day=2/z.parquet": parquet(name=["x"], size=[1]),
            "loose.csv": b"k,v\na,1\n",
        }
    )
    lake.create()
    assert lake.crawl_well()["TablesCreated"] == 3
    assert lake.tables() == ["b", "loose_csv", "site_a"]
    assert lake.table("loose_csv")["StorageDescriptor"]["Location"] == f"s3://{lake.bucket}/loose.csv"
    assert set(lake.partitions("b")) == {("1",), ("2",)}
    assert lake.table("site_a")["PartitionKeys"] == []


@pytest.mark.parametrize(("combine", "tables"), [(False, ["m_1", "m_2"]), (True, ["data"])])
def test_schemas_that_share_little_are_one_table_only_when_told_to_combine(
    lake: Lake, combine: bool, tables: list[str]
) -> None:
    lake.put(
        {
            "data/m=1/a.parquet": parquet(id=[1], a=[1], b=[1]),
            "data/m=2/a.parquet": parquet(id=[1], c=[1], d=["x"]),
        }
    )
    policy = {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}
    lake.create("data/", **({"Configuration": json.dumps(policy)} if combine else {}))
    lake.crawl_well()
    assert lake.tables() == tables


def test_a_later_run_adds_partitions_and_columns(lake: Lake) -> None:
    lake.put({f"{DAY}15/a.parquet": parquet(id=[1], a=[1], b=[1])})
    lake.create("telemetry/")
    lake.crawl_well()
    assert lake.crawl_well()["TablesUpdated"] == 0
    lake.put({f"{DAY}16/a.parquet": parquet(id=[1], a=[1], b=[1.5], humidity=[0.5])})
    metrics = lake.crawl_well()
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 1)
    assert lake.columns("telemetry") == {"id": "bigint", "a": "bigint", "b": "double", "humidity": "double"}
    partitions = lake.partitions("telemetry")
    assert set(partitions) == {("2025", "10", "15"), ("2025", "10", "16")}
    assert len(partitions["2025", "10", "15"]["StorageDescriptor"]["Columns"]) == 3
    assert lake.table("telemetry")["Parameters"]["recordCount"] == "2"
    [third, _, _] = lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]
    assert json.loads(json.loads(third["Summary"])["PARTITION"])["ADD"] == {"Count": 1}


def test_new_columns_only_and_partitions_that_take_after_the_table(lake: Lake) -> None:
    lake.put({f"{DAY}15/a.parquet": parquet(id=[1], a=[1], b=[1])})
    output = {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    }
    lake.create("telemetry/", Configuration=json.dumps({"Version": 1.0, "CrawlerOutput": output}))
    lake.crawl_well()
    lake.s3.delete_object(Bucket=lake.bucket, Key=f"{DAY}15/a.parquet")
    lake.put({f"{DAY}15/b.parquet": parquet(id=[1], b=[1.5], c=["x"])})
    assert lake.crawl_well()["TablesUpdated"] == 1
    expected = {"id": "bigint", "a": "bigint", "b": "bigint", "c": "string"}
    assert lake.columns("telemetry") == expected
    [partition] = lake.partitions("telemetry").values()
    assert {column["Name"]: column["Type"] for column in partition["StorageDescriptor"]["Columns"]} == expected


def test_the_policy_log_leaves_an_existing_table_alone_but_registers_partitions(lake: Lake) -> None:
    lake.put({f"{DAY}15/a.parquet": parquet(id=[1], a=[1], b=[1])})
    lake.create("telemetry/", SchemaChangePolicy=LOG_ONLY)
    lake.crawl_well()
    before = lake.table("telemetry")
    lake.s3.delete_object(Bucket=lake.bucket, Key=f"{DAY}15/a.parquet")
    lake.put({f"{DAY}16/a.parquet": parquet(id=[1], a=[1], b=[1], c=[1])})
    assert lake.crawl_well()["TablesUpdated"] == 0
    assert lake.table("telemetry")["StorageDescriptor"] == before["StorageDescriptor"]
    assert set(lake.partitions("telemetry")) == {("2025", "10", "15"), ("2025", "10", "16")}
    assert any("the policy is LOG" in line for line in lake.log())


@pytest.mark.parametrize("policy", ["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"])
def test_what_is_gone_goes_by_the_delete_behavior(lake: Lake, policy: str) -> None:
    lake.put(
        {
            "gone/a.json": json_lines({"x": 1}),
            "stays/d=1/a.parquet": parquet(id=[1]),
            "stays/d=2/a.parquet": parquet(id=[1]),
        }
    )
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={"Name": "foreign", "StorageDescriptor": {"Location": f"s3://{lake.bucket}/elsewhere/"}},
    )
    lake.create(SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": policy})
    lake.crawl_well()
    for key in ("gone/a.json", "stays/d=2/a.parquet"):
        lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    metrics = lake.crawl_well()
    partitions = lake.partitions("stays")
    if policy == "DELETE_FROM_DATABASE":
        assert metrics["TablesDeleted"] == 1
        assert lake.tables() == ["foreign", "stays"]
        assert set(partitions) == {("1",)}
        return
    assert lake.tables() == ["foreign", "gone", "stays"]
    deprecated = policy == "DEPRECATE_IN_DATABASE"
    assert ("DEPRECATED_BY_CRAWLER" in lake.table("gone")["Parameters"]) == deprecated
    assert ("DEPRECATED_BY_CRAWLER" in partitions[("2",)]["Parameters"]) == deprecated
    assert "DEPRECATED_BY_CRAWLER" not in partitions[("1",)]["Parameters"]
    lake.put({"gone/a.json": json_lines({"x": 2})})
    lake.crawl_well()
    assert "DEPRECATED_BY_CRAWLER" not in lake.table("gone")["Parameters"]


def test_a_catalog_target_keeps_an_existing_table_up_to_date(lake: Lake) -> None:
    columns = [{"Name": "id", "Type": "bigint", "Comment": "kept"}, {"Name": "later", "Type": "string"}]
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={
            "Name": "curated",
            "StorageDescriptor": {"Columns": columns, "Location": f"s3://{lake.bucket}/telemetry"},
            "PartitionKeys": [{"Name": name, "Type": "string"} for name in ("year", "month", "day")],
            "Parameters": {"classification": "parquet"},
        },
    )
    lake.put(
        {
            f"{DAY}15/a.parquet": parquet(id=[1], new=[1.5]),
            f"{DAY}15/stray.json": json_lines({"x": 1}),
            "telemetry/too-high.parquet": parquet(id=[1]),
        }
    )
    lake.create(
        Targets={"CatalogTargets": [{"DatabaseName": lake.database, "Tables": ["curated"]}]},
        SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
        Configuration=json.dumps(
            {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
        ),
    )
    assert lake.crawl_well()["TablesUpdated"] == 1
    assert lake.table("curated")["StorageDescriptor"]["Columns"] == [*columns, {"Name": "new", "Type": "double"}]
    assert set(lake.partitions("curated")) == {("2025", "10", "15")}
    assert lake.tables() == ["curated"]
    parameters = lake.table("curated")["Parameters"]
    lake.put({f"{DAY}16/a.parquet": parquet(id=[1], new=[1.5])})
    assert lake.crawl_well()["TablesUpdated"] == 0
    assert lake.table("curated")["Parameters"] == parameters
    assert set(lake.partitions("curated")) == {("2025", "10", "15"), ("2025", "10", "16")}


def test_only_new_folders_are_crawled_when_the_crawler_says_so(lake: Lake) -> None:
    lake.put({f"{DAY}15/a.parquet": parquet(id=[1])})
    lake.create(
        "telemetry/",
        RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
        SchemaChangePolicy=LOG_ONLY,
    )
    lake.crawl_well()
    lake.put({f"{DAY}15/b.parquet": parquet(id=[1]), f"{DAY}16/a.parquet": parquet(id=[1])})
    lake.crawl_well()
    partitions = lake.partitions("telemetry")
    assert set(partitions) == {("2025", "10", "15"), ("2025", "10", "16")}
    assert partitions["2025", "10", "15"]["Parameters"]["objectCount"] == "1"
    assert [line.split("Looked at ")[1][0] for line in lake.log() if "Looked at" in line] == ["1", "2"]


def test_exclusions_and_samples_limit_what_is_looked_at(lake: Lake) -> None:
    lake.put(
        {
            "data/a.json": json_lines({"a": 1, "b": 1, "c": 1}),
            "data/b.json": json_lines({"a": 1, "b": 1, "c": 1, "sampled_out": 1}),
            "data/c.tmp": b"x,y\n1,2\n",
            "data/tmp/deep/d.json": json_lines({"other": 1}),
            "database/other.json": json_lines({"never": 1}),
        }
    )
    target = {"Path": f"s3://{lake.bucket}/data", "Exclusions": ["*.{tmp,bak}", "tmp/**"], "SampleSize": 1}
    lake.create(Targets={"S3Targets": [target]})
    lake.crawl_well()
    assert lake.tables() == ["data"]
    assert set(lake.columns("data")) == {"a", "b", "c"}


def test_several_targets_and_a_name_that_is_taken(lake: Lake) -> None:
    lake.put({"x/data/a.json": json_lines({"a": 1}), "y/data/a.json": json_lines({"b": 1})})
    targets = [{"Path": f"s3://{lake.bucket}/{folder}/data/"} for folder in ("x", "y")]
    lake.create(Targets={"S3Targets": targets})
    assert lake.crawl_well()["TablesCreated"] == 2
    first, second = lake.tables()
    assert first == "data"
    assert second.startswith("data_")
    assert len(second) == len("data_") + 32
    assert lake.crawl_well()["TablesCreated"] == 0


def test_what_no_classifier_knows_is_left_out_and_logged(lake: Lake) -> None:
    lake.put({"data/a.json": json_lines({"a": 1}), "data/b.bin": bytes(range(256)), "data/c.parquet": b"PAR1 cut"})
    lake.create("data/")
    lake.crawl_well()
    assert lake.table("data")["Parameters"]["objectCount"] == "1"
    unknown = [line for line in lake.log() if "No classifier knows" in line]
    assert [line.split("/data/")[1].split(";")[0] for line in unknown] == ["b.bin", "c.parquet"]


def test_athena_reads_what_a_crawl_has_made(lake: Lake) -> None:
    lake.put(
        {
            "p/day=15/a.parquet": parquet(id=[1, 2], t=[20.5, 21.5]),
            "p/day=16/a.parquet": parquet(id=[3], t=[1.5]),
            "j/2025/15/a.gz": gzipped(json_lines({"id": 4, "place": {"floor": 2}}, {"id": 5, "place": {"floor": 3}})),
            "c/readings.csv": b"device,t\nd1,20.5\nd2,21\n",
        }
    )
    targets = [{"Path": f"s3://{lake.bucket}/{folder}/"} for folder in ("p", "j", "c")]
    lake.create(Targets={"S3Targets": targets})
    lake.crawl_well()
    assert lake.rows("SELECT id, t FROM p WHERE day = '15' ORDER BY id") == [["1", "20.5"], ["2", "21.5"]]
    assert lake.rows("SELECT sum(place.floor), max(partition_1) FROM j") == [["5", "15"]]
    assert lake.rows("SELECT device, t FROM c ORDER BY device") == [["d1", "20.5"], ["d2", "21.0"]]


def test_headers_never_move_a_column_of_a_delimited_text(lake: Lake) -> None:
    lake.put(
        {
            "twice/a.csv": b"a,A,b\n1,2,3\n",
            "ending/a.csv": b"a,b,\n1,2,\n",
            "key/day=1/a.csv": b"day,v\n7,8\n",
            "names/day=1/a.json": json_lines({"day": 7, "v": 8}),
        }
    )
    targets = [{"Path": f"s3://{lake.bucket}/{folder}/"} for folder in ("twice", "ending", "key", "names")]
    lake.create(Targets={"S3Targets": targets})
    lake.crawl_well()
    assert lake.rows("SELECT * FROM twice ORDER BY 1") == [["1", "2", "3"], ["a", "A", "b"]]
    assert lake.rows("SELECT * FROM ending") == [["1", "2", ""]]
    assert lake.rows("SELECT * FROM names") == [["8", "1"]]
    assert list(lake.columns("key")) == ["day", "v"]
    with pytest.raises(AssertionError, match=r"HIVE_INVALID_METADATA: .* Table descriptor contains duplicate columns"):
        lake.rows("SELECT v FROM key")


def test_a_crawl_is_reported_as_glue_reports_it(lake: Lake, stage: RunningStage) -> None:
    events, sqs = stage.client("events"), stage.client("sqs")
    queue = sqs.create_queue(QueueName="crawl-events")["QueueUrl"]
    pattern = {"source": ["aws.glue"], "detail": {"crawlerName": [lake.name], "state": ["Succeeded", "Failed"]}}
    events.put_rule(Name="crawl-events", EventPattern=json.dumps(pattern))
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="crawl-events", Targets=[{"Id": "queue", "Arn": arn}])
    lake.put({"data/a.json": json_lines({"a": 1})})
    lake.create("data/")
    last = lake.crawl()
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", lake.name)
    assert all(line.startswith(f"[{last['MessagePrefix']}] ") for line in lake.log())
    lake.glue.delete_database(Name=lake.database)
    failed = lake.crawl()
    assert failed["Status"] == "FAILED"
    assert lake.database in failed["ErrorMessage"]
    received: list[dict[str, Any]] = []
    while len(received) < 2:
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", [])
        received += [json.loads(message["Body"])["detail"] for message in messages]
    assert [detail["state"] for detail in received] == ["Succeeded", "Failed"]
    assert received[0]["tablesCreated"] == "1"
    assert lake.database in received[1]["errorMessage"]
    states = [crawl["State"] for crawl in lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]]
    assert states == ["FAILED", "COMPLETED"]
    only_failed = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "FAILED"}]
    assert len(lake.glue.list_crawls(CrawlerName=lake.name, Filters=only_failed)["Crawls"]) == 1


@contextmanager
def readers_held(stage: RunningStage) -> Iterator[None]:
    """Hold the processes that read a crawl's objects: the next crawl is under way until it is ended."""
    before = Lake(stage, "before-the-held")
    before.put({f"data/{number}/a.json": json_lines({"a": 1}) for number in range(9)})
    before.create("data/")
    before.crawl_well()
    assert stage.process is not None
    readers = children(stage.process.pid, "aws_stage.engines.glue_crawler.worker")
    assert readers
    for reader in readers:
        os.kill(reader, signal.SIGSTOP)
    try:
        yield
    finally:
        for reader in readers:
            with suppress(ProcessLookupError):
                os.kill(reader, signal.SIGKILL)


def test_a_running_crawl_can_be_stopped_and_not_started_again(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    lake = Lake(stage, "held")
    lake.put({f"data/{number}/a.json": json_lines({"a": 1}) for number in range(9)})
    lake.create("data/")
    with readers_held(stage):
        lake.glue.start_crawler(Name=lake.name)
        assert lake.glue.get_crawler(Name=lake.name)["Crawler"]["State"] == "RUNNING"
        with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
            lake.glue.start_crawler(Name=lake.name)
        with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
            lake.glue.delete_crawler(Name=lake.name)
        lake.glue.stop_crawler(Name=lake.name)
        while (crawler := lake.glue.get_crawler(Name=lake.name)["Crawler"])["State"] != "READY":
            assert crawler["State"] == "STOPPING"
        assert crawler["LastCrawl"]["Status"] == "CANCELLED"
        assert lake.tables() == []
        with pytest.raises(lake.glue.exceptions.CrawlerNotRunningException):
            lake.glue.stop_crawler(Name=lake.name)


def test_a_crawl_that_the_stage_did_not_survive_is_failed(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    lake = Lake(stage, "killed")
    lake.put({f"data/{number}/a.json": json_lines({"a": 1}) for number in range(9)})
    lake.create("data/", Tags={"STAGE": "local"}, Schedule="cron(0 0 1 1 ? 2199)")
    with readers_held(stage):
        lake.glue.start_crawler(Name=lake.name)
        stage.stop(signal.SIGKILL)
    stage.start()
    crawler = stage.client("glue").get_crawler(Name=lake.name)["Crawler"]
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "FAILED")
    assert "stopped while" in crawler["LastCrawl"]["ErrorMessage"]
    assert crawler["Schedule"] == {"ScheduleExpression": "cron(0 0 1 1 ? 2199)", "State": "SCHEDULED"}


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"Targets": {"JdbcTargets": [{"ConnectionName": "c", "Path": "p"}]}}, "not JdbcTargets"),
        ({"Targets": {"S3Targets": [{"Path": "s3://b/", "EventQueueArn": "arn:q"}]}}, "does not support EventQueueArn"),
        ({"Targets": {"S3Targets": [{"Path": "a/folder"}]}}, "is not an S3 path"),
        ({"Targets": {}}, "at least one crawl target"),
        ({"Classifiers": ["mine"]}, "built-in classifiers only"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "not CRAWL_EVENT_MODE"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, "must have update and delete behavior LOG"),
        ({"Configuration": '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 2}}'}, "TableLevelConfiguration"),
        ({"Configuration": "{"}, "not JSON"),
        (
            {
                "Targets": {"CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]},
                "SchemaChangePolicy": {"DeleteBehavior": "DEPRECATE_IN_DATABASE"},
            },
            "only be set to LOG",
        ),
    ],
)
def test_what_a_crawler_cannot_do_here_is_refused(
    stage: RunningStage, definition: dict[str, Any], message: str
) -> None:
    glue = stage.client("glue")
    whole = {"DatabaseName": "d", "Role": "r", "Targets": {"S3Targets": [{"Path": "s3://b/"}]}} | definition
    with pytest.raises(glue.exceptions.InvalidInputException, match=message):
        glue.create_crawler(Name="refused", **whole)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_crawler(Name="refused")


def test_a_definition_comes_back_whole_with_glues_defaults(stage: RunningStage) -> None:
    glue = stage.client("glue")
    given = {
        "Role": "arn:aws:iam::000000000000:role/crawler",
        "DatabaseName": "d",
        "Targets": {"S3Targets": [{"Path": "s3://b/x/", "Exclusions": ["*.tmp"]}]},
        "Description": "words",
        "TablePrefix": "p_",
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "Configuration": '{"Version": 1.0}',
    }
    glue.create_crawler(Name="whole", Tags={"A": "1"}, Schedule="cron(0 0 1 1 ? 2199)", **given)
    crawler = glue.get_crawler(Name="whole")["Crawler"]
    assert {name: crawler[name] for name in given} == given
    assert crawler["SchemaChangePolicy"] == {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    }
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert (crawler["State"], crawler["Version"]) == ("READY", 1)
    assert "LastCrawl" not in crawler
    glue.update_crawler(Name="whole", Description="other", Schedule="")
    crawler = glue.get_crawler(Name="whole")["Crawler"]
    assert (crawler["Description"], crawler["TablePrefix"], crawler["Version"]) == ("other", "p_", 2)
    assert "Schedule" not in crawler
    assert glue.list_crawlers(Tags={"A": "1"})["CrawlerNames"] == ["whole"]
    assert glue.batch_get_crawlers(CrawlerNames=["whole", "nobody"])["CrawlersNotFound"] == ["nobody"]
    assert glue.get_crawler_metrics(CrawlerNameList=["whole"])["CrawlerMetricsList"][0]["TablesCreated"] == 0
    glue.delete_crawler(Name="whole")
    assert glue.get_tags(ResourceArn="arn:aws:glue:ap-northeast-1:000000000000:crawler/whole")["Tags"] == {}


def test_a_schedule_is_stopped_and_started(stage: RunningStage) -> None:
    glue = stage.client("glue")
    target = {"S3Targets": [{"Path": "s3://b/"}]}
    glue.create_crawler(Name="timed", Role="r", DatabaseName="d", Targets=target)
    with pytest.raises(glue.exceptions.NoScheduleException):
        glue.start_crawler_schedule(CrawlerName="timed")
    glue.update_crawler_schedule(CrawlerName="timed", Schedule="cron(15 2 1 1 ? 2199)")
    with pytest.raises(glue.exceptions.SchedulerRunningException):
        glue.start_crawler_schedule(CrawlerName="timed")
    glue.stop_crawler_schedule(CrawlerName="timed")
    schedule = glue.get_crawler(Name="timed")["Crawler"]["Schedule"]
    assert schedule == {"ScheduleExpression": "cron(15 2 1 1 ? 2199)", "State": "NOT_SCHEDULED"}
    with pytest.raises(glue.exceptions.SchedulerNotRunningException):
        glue.stop_crawler_schedule(CrawlerName="timed")
    glue.start_crawler_schedule(CrawlerName="timed")
    assert glue.get_crawler(Name="timed")["Crawler"]["Schedule"]["State"] == "SCHEDULED"
