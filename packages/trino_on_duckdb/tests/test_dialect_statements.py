"""The grammar: statements that hold a query, parameters, types, and the tables that a statement names."""

from __future__ import annotations

import pytest
import trino_on_duckdb as dialect
from dialect_answers import SESSION, Athena
from trino_on_duckdb import QueryError
from trino_on_duckdb.syntax import tree


def statement(sql: str, *parameters: str) -> tree.Statement:
    [found] = dialect.parse(sql, parameters)
    return found


def test_create_table_as_gives_its_name_properties_and_query() -> None:
    found = statement(
        """CREATE TABLE IF NOT EXISTS "db"."New" WITH (format = 'PARQUET', external_location = 's3://b/p/',
           partitioned_by = ARRAY['year', 'month'], bucket_count = 4, flag = true) AS SELECT 1 AS a WITH NO DATA"""
    )
    assert isinstance(found, tree.CreateTableAs)
    assert (found.name, found.if_not_exists, found.with_data) == (("db", "New"), True, False)
    assert found.properties == {
        "format": "PARQUET",
        "external_location": "s3://b/p/",
        "partitioned_by": ["year", "month"],
        "bucket_count": 4,
        "flag": True,
    }
    assert found.query.text == "SELECT 1 AS a"


def test_a_view_keeps_its_querys_text_as_written() -> None:
    found = statement("CREATE OR REPLACE VIEW v AS\n  SELECT  Id -- all of them\n  FROM t ;")
    assert isinstance(found, tree.CreateView)
    assert (found.name, found.replace) == (("v",), True)
    assert found.query.text == "SELECT  Id -- all of them\n  FROM t"


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("INSERT INTO t SELECT 1", ()),
        ("INSERT INTO t (a, b) VALUES (1, 2)", ("a", "b")),
        ("INSERT INTO t (SELECT 1)", ()),
    ],
)
def test_insert_gives_the_columns_that_it_names(sql: str, columns: tuple[str, ...]) -> None:
    found = statement(sql)
    assert isinstance(found, tree.Insert)
    assert found.columns == columns


def test_unload_gives_its_query_location_and_properties() -> None:
    found = statement("UNLOAD (SELECT * FROM t) TO 's3://b/x/' WITH (format = 'JSON', compression = 'gzip')")
    assert isinstance(found, tree.Unload)
    assert found.location == "s3://b/x/"
    assert found.properties == {"format": "JSON", "compression": "gzip"}


def test_explain_gives_its_options_and_statement() -> None:
    found = statement("EXPLAIN (TYPE DISTRIBUTED, FORMAT json) SELECT 1")
    assert isinstance(found, tree.Explain)
    assert found.options == {"type": "DISTRIBUTED", "format": "JSON"}
    assert isinstance(found.statement, tree.Query)


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "CREATE EXTERNAL TABLE `x` (a int) LOCATION 's3://b/;x'",
        "CREATE TABLE x (a int) LOCATION 's3://b/' TBLPROPERTIES ('table_type'='ICEBERG')",
        "MSCK REPAIR TABLE x",
        "DROP VIEW v",
        "  -- a comment\n ALTER TABLE x ADD PARTITION (y='1')",
    ],
)
def test_other_statements_come_as_their_text(sql: str) -> None:
    found = statement(sql)
    assert isinstance(found, tree.Other)
    assert sql.endswith(found.text)


def test_several_statements_come_one_by_one_and_errors_keep_their_place() -> None:
    assert len(dialect.parse("SELECT 1; SELECT ';' ; -- done\n")) == 2
    with pytest.raises(QueryError, match=r"line 3:6: mismatched input 'x'"):
        dialect.parse("SELECT 1;\nSELECT 2\nWHAT x")


def test_parameters_stand_for_literals_in_order() -> None:
    athena = Athena()
    [query] = dialect.parse("SELECT ? || 'x', ? + 1", ["'it''s'", "41"])
    assert isinstance(query, tree.Query)
    translation = dialect.translate(query, {}, SESSION)
    assert athena.connection.execute(translation.sql).fetchall() == [("it'sx", 42)]


@pytest.mark.parametrize("parameters", [[], ["1"], ["1", "2", "3"]])
def test_too_few_or_too_many_parameters_fail(parameters: list[str]) -> None:
    with pytest.raises(QueryError) as raised:
        dialect.parse("SELECT ?, ?", parameters)
    assert raised.value.code == "INVALID_PARAMETER_USAGE"


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT * FROM a, B JOIN db.c ON true", ["default.a", "default.b", "db.c"]),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a, c", ["default.b", "default.c"]),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", ["default.a"]),
        (
            "SELECT (SELECT 1 FROM x WHERE EXISTS (SELECT 1 FROM y)) FROM z ORDER BY (SELECT 1 FROM w)",
            ["x", "y", "z", "w"],
        ),
        ("SELECT * FROM a WHERE id IN (SELECT id FROM a)", ["default.a"]),
        ("INSERT INTO t SELECT * FROM UNNEST(ARRAY[(SELECT 1 FROM u)]) v(x)", ["default.u"]),
        ("EXPLAIN SELECT * FROM t", ["default.t"]),
        ("SHOW TABLES", []),
    ],
)
def test_the_tables_that_a_statement_reads(sql: str, names: list[str]) -> None:
    found = [f"{each.database}.{each.name}" for each in dialect.tables_in(statement(sql), SESSION)]
    assert sorted(found) == sorted(name if "." in name else f"default.{name}" for name in names)


@pytest.mark.parametrize(
    ("hive", "athena", "duckdb"),
    [
        ("string", "varchar", "VARCHAR"),
        ("int", "integer", "INTEGER"),
        ("float", "real", "FLOAT"),
        ("binary", "varbinary", "BLOB"),
        ("timestamp", "timestamp(3)", "TIMESTAMP"),
        ("decimal(10,2)", "decimal(10,2)", "DECIMAL(10,2)"),
        ("decimal", "decimal(10,0)", "DECIMAL(10,0)"),
        ("varchar(20)", "varchar(20)", "VARCHAR"),
        ("array<struct<A:int,b:map<string,double>>>", "array(row(a integer, b map(varchar, double)))",
         'STRUCT("a" INTEGER, "b" MAP(VARCHAR, DOUBLE))[]'),
    ],
)  # fmt: skip
def test_hives_types_have_athenas_names_and_duckdbs_types(hive: str, athena: str, duckdb: str) -> None:
    assert dialect.hive_to_athena(hive) == athena
    assert dialect.hive_to_duckdb(hive) == duckdb
    assert dialect.duckdb_type(athena) == duckdb


@pytest.mark.parametrize(
    "text", ["", "strin", "array<", "array<int", "map<int>", "uniontype<int>", "int)", "json", "a b"]
)
def test_a_type_that_is_none_of_hives_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        dialect.hive_to_athena(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [("array(bigint)", "array"), ("decimal(10,2)", "decimal"), ("row(a integer)", "row"), ("timestamp(3)", "timestamp"),
     ("timestamp(3) with time zone", "timestamp with time zone"), ("varchar(3)", "varchar")],
)  # fmt: skip
def test_column_info_names_a_type_without_its_parameters(text: str, name: str) -> None:
    assert dialect.athena_type(text) == name


def test_importing_the_dialect_imports_neither_duckdb_nor_numpy() -> None:
    import subprocess
    import sys

    code = "import sys, trino_on_duckdb; print({'duckdb', 'numpy', 'sqlglot'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
