"""Which statements are asked about before they run."""

from __future__ import annotations

import pytest

from datastreamer.cli.statements import destroys

PREPARED = {"look": "SELECT 1", "clear": "DELETE FROM t", "more": "INSERT INTO t VALUES (?)"}


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE t",
        "drop view if exists v",
        "-- a comment\nDROP DATABASE d CASCADE",
        "/* SELECT */ DROP TABLE t",
        "DELETE FROM t WHERE a = 1",
        "UPDATE t SET a = 1",
        "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
        "TRUNCATE TABLE t",
        "VACUUM t",
        "INSERT OVERWRITE t SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "ALTER TABLE t DROP PARTITION (add = '1')",
        "ALTER TABLE d.t DROP IF EXISTS PARTITION (year = '2026')",
        "ALTER TABLE `add` REPLACE COLUMNS (a int)",
        "ALTER TABLE t SET LOCATION 's3://elsewhere/'",
        "ALTER TABLE t1 RENAME PARTITION (a = 1) TO PARTITION (a = 2)",
        "EXPLAIN ANALYZE DELETE FROM t",
        "EXECUTE clear",
        'EXECUTE "clear" USING 1',
        "A_STATEMENT_OF_NEXT_YEAR t",
    ],
)
def test_a_statement_that_takes_away_or_replaces_destroys(sql: str) -> None:
    assert destroys(sql, PREPARED.get)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'DROP TABLE t'",
        "((SELECT 1) UNION SELECT 2)",
        "-- DROP TABLE t\nSELECT 1",
        "WITH t AS (SELECT 1 a) SELECT * FROM t",
        "TABLE t",
        "VALUES 1",
        "SHOW CREATE TABLE t",
        "DESCRIBE t",
        "EXPLAIN DROP TABLE t",
        "EXPLAIN ANALYZE SELECT 1",
        "CREATE TABLE t AS SELECT 1 a",
        "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/t/'",
        "INSERT INTO t SELECT 1",
        "UNLOAD (SELECT 1) TO 's3://b/empty/' WITH (format = 'JSON')",
        "MSCK REPAIR TABLE t",
        "ALTER TABLE t ADD COLUMNS (b int)",
        "ALTER TABLE d.t ADD IF NOT EXISTS PARTITION (year = '2026')",
        "EXECUTE look",
        "EXECUTE more USING 1",
        "EXECUTE nothing",
        "",
    ],
)
def test_a_statement_that_reads_or_adds_does_not(sql: str) -> None:
    assert not destroys(sql, PREPARED.get)
