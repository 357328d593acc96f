"""PyAthena as it is: its cursors, and SQLAlchemy with pandas above it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from aws_stage.testing import REGION, RunningStage
from pyathena import connect
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import OperationalError
from pyathena.pandas.cursor import PandasCursor
from pyathena.sqlalchemy.types import AthenaArray, AthenaMap, AthenaStruct
from sqlalchemy.exc import DatabaseError, NoSuchTableError

from contract.athena_lake import AthenaLake

ROW = (
    1,
    2.5,
    "ä",
    dt.date(2025, 10, 15),
    dt.datetime.fromisoformat("2025-10-15T01:02:03.456"),
    True,
    Decimal("1.50"),
    b"\x00\xff",
)
VALUES = (
    "SELECT * FROM (VALUES (1, 2.5E0, 'ä', DATE '2025-10-15', TIMESTAMP '2025-10-15 01:02:03.456', true, "
    "DECIMAL '1.50', X'00FF'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) "
    "AS t(id, score, name, day, at, even, price, raw) ORDER BY id"
)


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "pyathena_lake")


@pytest.fixture
def _endpoint(lake: AthenaLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What PyAthena needs to use the stage: the variables that every AWS SDK reads, and nothing of ours."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, lake.stage.environment[name])


@pytest.fixture
def connection(lake: AthenaLake, _endpoint: None) -> Iterator[Any]:
    opened: Any = connect(s3_staging_dir=lake.results, region_name=REGION, schema_name=lake.name, poll_interval=0.05)
    yield opened
    opened.close()


@pytest.fixture
def engine(lake: AthenaLake, _endpoint: None) -> Iterator[sa.Engine]:
    made = sa.create_engine(
        f"awsathena+rest://:@athena.{REGION}.amazonaws.com:443/{lake.name}"
        f"?s3_staging_dir={lake.results}&location=s3://{lake.bucket}/tables/&poll_interval=0.05"
    )
    yield made
    made.dispose()


def test_a_cursor_gives_each_type_as_pythons(connection: Any) -> None:
    cursor = connection.cursor().execute(VALUES)
    assert cursor.fetchall() == [ROW, (2, *[None] * 7)]
    assert [column[0] for column in cursor.description] == ["id", "score", "name", "day", "at", "even", "price", "raw"]
    assert [column[1] for column in cursor.description] == [
        *("integer", "double", "varchar", "date", "timestamp", "boolean", "decimal", "varbinary")
    ]
    assert cursor.state == "SUCCEEDED"
    assert cursor.data_scanned_in_bytes == 0


def test_the_cursors_of_other_kinds_read_the_same_rows(connection: Any) -> None:
    first = connection.cursor(DictCursor).execute(VALUES).fetchone()
    assert tuple(first.values()) == ROW
    frame = connection.cursor(PandasCursor).execute(VALUES).as_pandas()
    assert frame["id"].tolist() == [1, 2]
    assert frame["at"].iloc[0] == pd.Timestamp(ROW[4])
    assert pd.isna(frame["score"].iloc[1])
    execution_id, future = connection.cursor(AsyncCursor).execute(VALUES)
    assert execution_id
    assert future.result().fetchall()[0] == ROW


def test_results_are_unloaded_to_parquet(connection: Any) -> None:
    cursor = connection.cursor(PandasCursor, unload=True).execute(
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(id, name)"
    )
    assert sorted(cursor.fetchall()) == [(1, "a"), (2, "b")]


def test_parameters_are_passed_in_both_ways(connection: Any) -> None:
    named = connection.cursor().execute("SELECT %(id)d, %(name)s, %(day)s", {"id": 1, "name": "a'b", "day": ROW[3]})
    assert named.fetchall() == [(1, "a'b", ROW[3])]
    by_place = connection.cursor().execute("SELECT ?, ?", ["1", "'x'"], paramstyle="qmark")
    assert by_place.fetchall() == [(1, "x")]


def test_many_rows_come_in_pages(connection: Any) -> None:
    cursor = connection.cursor(Cursor).execute("SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n")
    assert [row[0] for row in cursor] == list(range(1, 2501))


def test_a_failed_query_raises_athenas_words(connection: Any) -> None:
    with pytest.raises(OperationalError, match=r"TABLE_NOT_FOUND.*nowhere"):
        connection.cursor().execute("SELECT * FROM nowhere")


def test_the_catalogue_is_read_through_the_cursor(lake: AthenaLake, connection: Any) -> None:
    lake.rows("CREATE TABLE listed WITH (external_location = 's3://pyathena-lake/listed/') AS SELECT 1 AS id")
    cursor = connection.cursor()
    assert "listed" in [table.name for table in cursor.list_table_metadata()]
    assert [column.name for column in cursor.get_table_metadata("listed").columns] == ["id"]
    assert lake.name in [database.name for database in cursor.list_databases("AwsDataCatalog")]


def test_sqlalchemy_creates_fills_reflects_and_drops_a_table(engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    readings = sa.Table(
        "readings",
        metadata,
        sa.Column("id", sa.Integer, comment="it's one"),
        sa.Column("score", sa.Double),
        sa.Column("name", sa.String(10)),
        sa.Column("day", sa.Date),
        sa.Column("at", sa.DateTime),
        sa.Column("even", sa.Boolean),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("tags", AthenaArray(sa.String)),
        sa.Column("counts", AthenaMap(sa.String, sa.Integer)),
        sa.Column("place", AthenaStruct(("x", sa.Integer), ("y", sa.String))),
        comment="readings of devices",
        awsathena_location="s3://pyathena-lake/readings/",
        awsathena_file_format="PARQUET",
        awsathena_compression="SNAPPY",
        awsathena_tblproperties={"owner_team": "lake"},
    )
    metadata.create_all(engine)
    metadata.create_all(engine)  # finds it there
    names = [column.name for column in readings.columns][:8]
    with engine.connect() as connection:
        plain = sa.table("readings", *[sa.column(name, readings.c[name].type) for name in names])
        connection.execute(plain.insert(), [dict(zip(names, ROW, strict=True)), {**dict.fromkeys(names), "id": 2}])
        rows = connection.execute(sa.select(plain).order_by(plain.c.id)).all()
    assert [tuple(row) for row in rows] == [ROW, (2, *[None] * 7)]
    inspector = sa.inspect(engine)
    assert inspector.has_table("readings")
    assert "readings" in inspector.get_table_names()
    assert inspector.get_table_comment("readings")["text"] == "readings of devices"
    reflected = sa.Table("readings", sa.MetaData(), autoload_with=engine)
    assert [column.name for column in reflected.columns] == [column.name for column in readings.columns]
    assert reflected.c.id.comment == "it's one"
    assert [type(column.type) for column in reflected.columns][:3] == [
        sa.types.INTEGER,
        sa.types.DOUBLE,
        sa.types.String,
    ]
    assert reflected.dialect_options["awsathena"]["location"].rstrip("/") == "s3://pyathena-lake/readings"
    readings.drop(engine)
    assert not sa.inspect(engine).has_table("readings")
    with pytest.raises(NoSuchTableError):
        sa.Table("readings", sa.MetaData(), autoload_with=engine)


def test_sqlalchemy_creates_a_table_in_partitions(lake: AthenaLake, engine: sa.Engine) -> None:
    days = sa.Table(
        "days",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.Column("day", sa.String, awsathena_partition=True),
        awsathena_location="s3://pyathena-lake/days/",
        awsathena_file_format="PARQUET",
    )
    days.create(engine)
    with engine.connect() as connection:
        connection.execute(days.insert().values([{"id": 1, "day": "d1"}, {"id": 2, "day": "d2"}]))
        assert connection.execute(sa.select(days.c.id).where(days.c.day == "d2")).all() == [(2,)]
    assert [p["Values"] for p in lake.glue.get_partitions(DatabaseName=lake.name, TableName="days")["Partitions"]] == [
        ["d1"],
        ["d2"],
    ]
    reflected = sa.Table("days", sa.MetaData(), autoload_with=engine)
    assert reflected.c.day.dialect_options["awsathena"]["partition"] is True


def test_sqlalchemy_creates_and_reflects_a_view(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE OR REPLACE VIEW ones AS SELECT 1 AS one"))
        assert connection.execute(sa.text("SELECT one FROM ones")).all() == [(1,)]
    inspector = sa.inspect(engine)
    assert inspector.get_view_names() == ["ones"]
    assert "ones" not in inspector.get_table_names()
    assert "SELECT 1" in inspector.get_view_definition("ones")
    with engine.connect() as connection:
        connection.execute(sa.text("DROP VIEW ones"))


@pytest.mark.parametrize("method", ["multi", None])
def test_pandas_writes_and_reads_a_table(lake: AthenaLake, engine: sa.Engine, method: Any) -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "score": [1.5, None],
            "word": ["x", "ÿ%s"],
            "at": pd.to_datetime(["2025-10-15 01:02:03.5", None]),
        }
    )
    name = f"frame_{method}".lower()
    frame.to_sql(name, engine, index=False, if_exists="fail", method=method)
    back = pd.read_sql_query(sa.text(f"SELECT * FROM {name} ORDER BY id"), engine)
    assert back["word"].tolist() == ["x", "ÿ%s"]
    assert pd.read_sql_table(name, engine)["id"].tolist() == [1, 2]
    frame.to_sql(name, engine, index=False, if_exists="append", method=method)
    assert lake.rows(f"SELECT count(*), count(score) FROM {name}") == [["4", "2"]]
    frame.to_sql(name, engine, index=False, if_exists="replace", method=method)
    # Dropping an external table leaves its files, here as on AWS.
    assert lake.rows(f"SELECT count(*) FROM {name}") == [["6"]]


def test_a_wrong_statement_raises_the_drivers_error(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(DatabaseError, match="COLUMN_NOT_FOUND"):
        connection.execute(sa.text("SELECT nothing FROM (VALUES 1) AS t(x)"))
