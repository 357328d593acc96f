"""Partitions: registered and projected, pruned, and what is read of them."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake

DAYS = 30


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_parts")


@pytest.fixture(scope="module")
def telemetry(lake: AthenaLake) -> AthenaLake:
    """A table of 30 days, as the pipeline writes it, three row groups a day."""
    for day in range(1, DAYS + 1):
        lake.put_parquet(
            f"telemetry/year=2025/month=10/day={day:02d}/part-0.zstd.parquet",
            [
                {
                    "event_id": hashlib.sha256(f"{day}/{i}".encode()).hexdigest(),
                    "device_id": f"sensor-{i % 4}",
                    "temperature": float(day + i % 4),
                    "extra": hashlib.sha256(f"{i}".encode()).hexdigest(),
                }
                for i in range(3000)
            ],
            row_group_size=1000,
        )
    projection = ", ".join(
        f"'projection.{key}.type'='integer', 'projection.{key}.range'='{span}'"
        + (f", 'projection.{key}.digits'='2'" if key != "year" else "")
        for key, span in {"year": "2000,2050", "month": "1,12", "day": "1,31"}.items()
    )
    lake.rows(
        f"""CREATE EXTERNAL TABLE telemetry (event_id string, device_id string, temperature double, extra string)
        PARTITIONED BY (year string, month string, day string) STORED AS PARQUET
        LOCATION 's3://athena-parts/telemetry/' TBLPROPERTIES ('projection.enabled'='true', {projection})"""
    )
    return lake


AVERAGE = """
    SELECT device_id, AVG(temperature) AS avg_temp
    FROM telemetry
    WHERE year='2025' AND month='10' AND day='15'
    GROUP BY device_id
    ORDER BY avg_temp DESC;
"""


def test_the_average_reads_the_columns_it_needs_of_its_day_and_no_more(telemetry: AthenaLake) -> None:
    answer = telemetry.run(AVERAGE)
    assert answer.rows == [[f"sensor-{i}", f"{15 + i}.0"] for i in (3, 2, 1, 0)]
    key = "telemetry/year=2025/month=10/day=15/part-0.zstd.parquet"
    body = telemetry.s3.get_object(Bucket=telemetry.bucket, Key=key)["Body"].read()
    metadata = pq.ParquetFile(io.BytesIO(body)).metadata
    chunks = {
        name: sum(metadata.row_group(group).column(index).total_compressed_size for group in range(3))
        for index, name in enumerate(metadata.schema.names)
    }
    needed = chunks["device_id"] + chunks["temperature"]
    footer = 8 + int.from_bytes(body[-8:-4], "little")
    assert answer.scanned == needed + footer
    assert answer.scanned < len(body) / 10


def test_statistics_of_row_groups_spare_reading_them(lake: AthenaLake) -> None:
    rows = [{"id": i, "payload": f"{i * 7919:>100}"} for i in range(30_000)]
    size = lake.put_parquet("groups/a.parquet", rows, row_group_size=1000, compression="none", use_dictionary=False)
    lake.rows(
        "CREATE EXTERNAL TABLE groups (id bigint, payload string) STORED AS PARQUET LOCATION 's3://athena-parts/groups/'"
    )
    assert lake.rows("SELECT id, trim(payload) FROM groups WHERE id = 20500") == [["20500", str(20500 * 7919)]]
    one = lake.run("SELECT max(payload) FROM groups WHERE id BETWEEN 20000 AND 20999")
    assert one.scanned < size / 10
    assert lake.run("SELECT max(payload) FROM groups").scanned > size * 0.9


def test_counting_rows_reads_only_footers(telemetry: AthenaLake) -> None:
    answer = telemetry.run("SELECT count(*) FROM telemetry WHERE year = '2025'")
    assert answer.rows == [[str(3000 * DAYS)]]
    assert answer.scanned < 5000 * DAYS


def test_projected_partitions_without_a_folder_are_empty(telemetry: AthenaLake) -> None:
    assert telemetry.rows("SELECT count(*) FROM telemetry WHERE year = '2031'") == [["0"]]
    assert telemetry.rows("SELECT count(*) FROM telemetry WHERE year = '1999'") == [["0"]]
    assert telemetry.rows(
        "SELECT year, month, day, count(*) FROM telemetry WHERE day >= '29' GROUP BY year, month, day ORDER BY day"
    ) == [["2025", "10", str(day), "3000"] for day in (29, 30)]


def test_every_projected_partition_can_be_read_at_once(telemetry: AthenaLake) -> None:
    assert telemetry.rows("SELECT count(DISTINCT day), count(*) FROM telemetry") == [[str(DAYS), str(DAYS * 3000)]]


def test_registered_partitions_are_pruned_and_may_lie_anywhere(lake: AthenaLake) -> None:
    sizes = {
        day: lake.put_parquet(f"odd/{day}/a.parquet", [{"id": day, "text": f"{i:09d}"} for i in range(5000)])
        for day in (1, 2, 3)
    }
    lake.rows(
        "CREATE EXTERNAL TABLE registered (id bigint, text string) PARTITIONED BY (day int) STORED AS PARQUET "
        "LOCATION 's3://athena-parts/registered/'"
    )
    for day in sizes:
        lake.rows(f"ALTER TABLE registered ADD PARTITION (day={day}) LOCATION 's3://athena-parts/odd/{day}/'")
    lake.rows("ALTER TABLE registered ADD PARTITION (day=4) LOCATION 's3://athena-parts/odd/4/'")
    everything = lake.run("SELECT day, min(id), max(text) FROM registered GROUP BY day ORDER BY day")
    assert everything.rows == [[str(day), str(day), "000004999"] for day in sizes]
    one = lake.run("SELECT max(text), max(id) FROM registered WHERE day = 2")
    assert one.rows == [["000004999", "2"]]
    assert one.scanned <= sizes[2] < everything.scanned
    assert (
        lake.run("SELECT max(text) FROM registered WHERE day BETWEEN 2 AND 3 OR day = 9").scanned < everything.scanned
    )


def test_many_partitions_in_one_folder_are_listed_at_once(lake: AthenaLake) -> None:
    lake.rows(
        "CREATE EXTERNAL TABLE many (id bigint) PARTITIONED BY (n int) STORED AS PARQUET LOCATION 's3://athena-parts/many/'"
    )
    for n in range(40):
        lake.put_parquet(f"many/n={n}/deep/a.parquet", [{"id": n}])
    lake.put_parquet("many/n=3/_hidden/a.parquet", [{"id": 99}])
    lake.put_parquet("many/n=77/a.parquet", [{"id": 77}])
    specs = " ".join(f"PARTITION (n={n})" for n in range(40))
    lake.rows(f"ALTER TABLE many ADD {specs} PARTITION (n=100) LOCATION 's3://athena-parts/many/n=3/'")
    assert lake.rows("SELECT count(*), sum(id), sum(n) FROM many") == [["41", str(sum(range(40)) + 3), str(780 + 100)]]


def test_a_partition_column_wins_over_the_same_column_in_the_file(lake: AthenaLake) -> None:
    lake.put_parquet("wins/year=2025/a.parquet", [{"id": 1, "year": 1900}])
    lake.rows(
        "CREATE EXTERNAL TABLE wins (id bigint) PARTITIONED BY (year int) STORED AS PARQUET LOCATION 's3://athena-parts/wins/'"
    )
    lake.rows("MSCK REPAIR TABLE wins")
    assert lake.rows("SELECT * FROM wins") == [["1", "2025"]]


def test_partition_values_and_names_of_any_text(lake: AthenaLake) -> None:
    values = ["NULL", "null", "a=b", "ü x", "%41", "a/b", "'quoted'"]
    lake.rows(
        "CREATE EXTERNAL TABLE texts (id bigint) PARTITIONED BY (`my key` string) STORED AS PARQUET "
        "LOCATION 's3://athena-parts/texts/'"
    )
    descriptor = lake.glue.get_table(DatabaseName=lake.name, Name="texts")["Table"]["StorageDescriptor"]
    for n, value in enumerate([*values, "__HIVE_DEFAULT_PARTITION__"]):
        lake.put_parquet(f"texts/{n}/a.parquet", [{"id": n}])
        place = {**descriptor, "Location": f"s3://athena-parts/texts/{n}/"}
        lake.glue.create_partition(
            DatabaseName=lake.name, TableName="texts", PartitionInput={"Values": [value], "StorageDescriptor": place}
        )
    found = lake.rows('SELECT "my key" FROM texts ORDER BY id')
    assert found == [*([value] for value in values), [None]]
    assert lake.rows("SELECT id FROM texts WHERE \"my key\" = '''quoted'''") == [["6"]]


def test_a_partition_value_that_is_not_of_its_type_fails(lake: AthenaLake) -> None:
    lake.put_parquet("untyped/n=x/a.parquet", [{"id": 1}])
    lake.rows(
        "CREATE EXTERNAL TABLE untyped (id bigint) PARTITIONED BY (n int) STORED AS PARQUET "
        "LOCATION 's3://athena-parts/untyped/'"
    )
    lake.rows("MSCK REPAIR TABLE untyped")
    assert lake.failure("SELECT * FROM untyped") == (
        "HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'x' for INTEGER partition key: n=x"
    )


def test_partitions_whose_schema_cannot_be_read_as_the_tables_fail(lake: AthenaLake) -> None:
    lake.put_parquet("drift/day=1/a.parquet", [{"id": 1}])
    lake.rows(
        "CREATE EXTERNAL TABLE drift (id bigint) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://athena-parts/drift/'"
    )
    lake.rows("MSCK REPAIR TABLE drift")
    lake.rows("ALTER TABLE drift REPLACE COLUMNS (id string)")
    assert lake.failure("SELECT * FROM drift").startswith("HIVE_PARTITION_SCHEMA_MISMATCH: ")


def test_a_condition_on_a_view_prunes_the_partitions_below(telemetry: AthenaLake) -> None:
    telemetry.rows("CREATE VIEW seen AS SELECT device_id, temperature AS t, year AS y, month, day AS d FROM telemetry")
    telemetry.rows("CREATE VIEW seen_again AS WITH telemetry AS (SELECT * FROM seen) SELECT * FROM telemetry")
    direct = telemetry.run(AVERAGE)
    for name in ("seen", "athena_parts.seen_again"):
        through = telemetry.run(
            f"SELECT device_id, avg(t) AS avg_temp FROM {name} AS v WHERE y = '2025' AND v.month = '10' AND d = '15' "
            "GROUP BY device_id ORDER BY avg_temp DESC"
        )
        assert through.rows == direct.rows
        assert through.scanned == direct.scanned


def test_enum_date_and_template_projection(lake: AthenaLake) -> None:
    today = datetime.now(UTC)
    days = [today - timedelta(days=back) for back in (-1, 0, 1, 2)]  # whatever day it is by the time of the query
    for site in ("roof", "cellar"):
        for day in days:
            lake.put_parquet(f"logs/{site}/{day:%Y/%m/%d}/a.parquet", [{"id": 1}, {"id": 2}])
    lake.rows(
        """CREATE EXTERNAL TABLE logs (id bigint) PARTITIONED BY (site string, day string) STORED AS PARQUET
        LOCATION 's3://athena-parts/logs/' TBLPROPERTIES (
            'projection.enabled'='TRUE',
            'projection.site.type'='enum', 'projection.site.values'='roof, cellar,attic',
            'projection.day.type'='date', 'projection.day.range'='NOW-1DAYS,NOW', 'projection.day.format'='yyyy/MM/dd',
            'storage.location.template'='s3://athena-parts/logs/${site}/${day}')"""
    )
    assert lake.rows("SELECT site, count(*) FROM logs GROUP BY site ORDER BY site") == [["cellar", "4"], ["roof", "4"]]
    assert lake.rows(f"SELECT sum(id) FROM logs WHERE day = '{today:%Y/%m/%d}' AND site IN ('roof', 'attic')") == [
        ["3"]
    ]
    assert lake.rows(f"SELECT count(*) FROM logs WHERE day = '{days[-1]:%Y/%m/%d}'") == [["0"]]


def test_integer_projection_with_interval_and_typed_key(lake: AthenaLake) -> None:
    for n in (0, 5, 10, 15):
        lake.put_parquet(f"steps/n={n:03d}/a.parquet", [{"id": n}])
    lake.rows(
        """CREATE EXTERNAL TABLE steps (id bigint) PARTITIONED BY (n int) STORED AS PARQUET
        LOCATION 's3://athena-parts/steps/' TBLPROPERTIES ('projection.enabled'='true', 'projection.n.type'='integer',
        'projection.n.range'='0,14', 'projection.n.interval'='5', 'projection.n.digits'='3')"""
    )
    assert lake.rows("SELECT n, id FROM steps WHERE n > 0 ORDER BY n") == [["5", "5"], ["10", "10"]]


def test_injected_projection_needs_equality(lake: AthenaLake) -> None:
    for device in ("a", "b", "c"):
        lake.put_parquet(f"injected/device={device}/a.parquet", [{"id": ord(device)}])
    lake.rows(
        """CREATE EXTERNAL TABLE injected (id bigint) PARTITIONED BY (device string) STORED AS PARQUET
        LOCATION 's3://athena-parts/injected/'
        TBLPROPERTIES ('projection.enabled'='true', 'projection.device.type'='injected')"""
    )
    assert lake.rows("SELECT id FROM injected WHERE device = 'b'") == [["98"]]
    assert lake.rows("SELECT id FROM injected WHERE device IN ('a', 'c') ORDER BY id") == [["97"], ["99"]]
    assert lake.failure("SELECT id FROM injected").startswith(
        "CONSTRAINT_VIOLATION: For the injected projected partition column device, the WHERE clause must contain only "
        "static equality conditions"
    )


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ("'projection.k.range'='1,2'", "projection.k.type: it is missing"),
        ("'projection.k.type'='whole'", "'whole' is not enum, integer, date or injected"),
        ("'projection.k.type'='integer', 'projection.k.range'='a,b'", "are not two whole numbers"),
        ("'projection.k.type'='date', 'projection.k.range'='2025,NOW', 'projection.k.format'='yyyy'", "interval.unit"),
        (
            "'projection.k.type'='date', 'projection.k.range'='x,NOW', 'projection.k.format'='yyyy-MM-dd'",
            "does not fit",
        ),
        ("'projection.k.type'='date', 'projection.k.range'='NOW,NOW', 'projection.k.format'='QQ'", "pattern letters"),
    ],
)
def test_wrong_projection_properties_fail_and_say_which(lake: AthenaLake, properties: str, why: str) -> None:
    name = f"wrong_{abs(hash(properties)) % 10**8}"
    lake.rows(
        f"CREATE EXTERNAL TABLE {name} (id int) PARTITIONED BY (k string) STORED AS PARQUET "
        f"LOCATION 's3://athena-parts/w/' TBLPROPERTIES ('projection.enabled'='true', {properties})"
    )
    reason = lake.failure(f"SELECT * FROM {name}")
    assert reason.startswith("INVALID_TABLE_PROPERTY: ")
    assert why in reason


def test_the_path_of_a_row_can_be_selected(lake: AthenaLake) -> None:
    lake.put_parquet("paths/a b.parquet", [{"id": 1}])
    lake.rows("CREATE EXTERNAL TABLE paths (id bigint) STORED AS PARQUET LOCATION 's3://athena-parts/paths/'")
    assert lake.rows('SELECT id, "$path" FROM paths') == [["1", "s3://athena-parts/paths/a b.parquet"]]
    assert lake.run("SELECT * FROM paths").header == ["id"]
