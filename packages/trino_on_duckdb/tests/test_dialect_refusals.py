"""What is refused, and with which words: a query that Athena would refuse, or that cannot be answered rightly here."""

from __future__ import annotations

from pathlib import Path

import pytest
import trino_on_duckdb as dialect
from dialect_answers import SESSION, Athena, table
from trino_on_duckdb import Column, QueryError, Relation
from trino_on_duckdb.functions import aggregates, windows
from trino_on_duckdb.functions.calls import SCALARS, SPECIAL, SYNONYMS
from trino_on_duckdb.functions.refused import REFUSED
from trino_on_duckdb.runtime.functions import FUNCTIONS
from trino_on_duckdb.syntax.tree import Other, Query

ROWS = "(SELECT 1 AS id, 'a' AS name, [1, 2] AS list, 1.5::DOUBLE AS x, TIMESTAMP '2020-01-01' AS at)"
COLUMNS = (
    Column("id", "integer"),
    Column("name", "varchar"),
    Column("list", "array(integer)"),
    Column("x", "double"),
    Column("at", "timestamp(3)"),
)


def new_athena() -> Athena:
    chars = Relation("(SELECT 'a' AS c)", (Column("c", "char(3)"),))
    return Athena({table("t"): Relation(ROWS, COLUMNS), table("u"): Relation(ROWS, COLUMNS), table("chars"): chars})


@pytest.fixture(scope="module")
def athena() -> Athena:
    return new_athena()


def refusal(athena: Athena, sql: str) -> tuple[str, str]:
    with pytest.raises(QueryError) as raised:
        athena.rows(sql)
    return raised.value.code, raised.value.message


WRONG = {
    # syntax
    "SELEC 1": ("SYNTAX_ERROR", "line 1:1: mismatched input 'SELEC'"),
    "SELECT": ("SYNTAX_ERROR", "line 1:7: mismatched input '<EOF>'. Expecting: <identifier>"),
    "SELECT 1,\nFROM t": ("SYNTAX_ERROR", "line 2:1: mismatched input 'FROM'"),
    "SELECT * FORM t": ("SYNTAX_ERROR", "line 1:10: mismatched input 'FORM'"),
    "SELECT id FROM t WHERE": ("SYNTAX_ERROR", "line 1:23: mismatched input '<EOF>'"),
    "SELECT `id` FROM t": ("SYNTAX_ERROR", "line 1:8: backquoted identifiers are not supported"),
    "SELECT 'abc": ("SYNTAX_ERROR", "line 1:8: mismatched input ''abc': it is not closed"),
    'SELECT 1 AS ""': ("SYNTAX_ERROR", "line 1:13: Zero-length delimited identifier not allowed"),
    "SELECT 1a": ("SYNTAX_ERROR", "line 1:8: identifiers must not start with a digit"),
    "SELECT id::varchar FROM t": ("SYNTAX_ERROR", "line 1:10: mismatched input ':'"),
    "SELECT id FROM t LIMIT 1 OFFSET 1": ("SYNTAX_ERROR", "line 1:26: mismatched input 'OFFSET'"),
    "SELECT id FROM t QUALIFY true": ("SYNTAX_ERROR", "line 1:26: mismatched input 'true'"),
    "SELECT DISTINCT ON (id) id FROM t": ("SYNTAX_ERROR", "line 1:17: mismatched input 'ON'"),
    "SELECT * EXCLUDE (id) FROM t": ("SYNTAX_ERROR", "line 1:10: mismatched input 'EXCLUDE'"),
    "FROM t SELECT id": ("SYNTAX_ERROR", "line 1:1: mismatched input 'FROM'"),
    "SELECT id FROM t WHERE id = 1 = true": ("SYNTAX_ERROR", "line 1:31: mismatched input '='"),
    "SELECT name ILIKE 'a' FROM t": ("SYNTAX_ERROR", "line 1:19: mismatched input ''a''"),
    "SELECT [1, 2]": ("SYNTAX_ERROR", "line 1:8: mismatched input '['"),
    "SELECT {'a': 1}": ("SYNTAX_ERROR", "line 1:8: mismatched input '{'"),
    "SELECT x'0'": ("SYNTAX_ERROR", "line 1:8: Binary literal must contain an even number of hex digits"),
    "SELECT id FROM t; SELECT 2 +": ("SYNTAX_ERROR", "line 1:29: mismatched input '<EOF>'"),
    "": ("SYNTAX_ERROR", "line 1:1: mismatched input '<EOF>'"),
    "SELECT ?": ("INVALID_PARAMETER_USAGE", "line 1:8: Incorrect number of parameters"),
    # names
    "SELECT nope FROM t": ("COLUMN_NOT_FOUND", "line 1:8: Column 'nope' cannot be resolved"),
    "SELECT t.nope FROM t": ("COLUMN_NOT_FOUND", "line 1:8: Column 't.nope' cannot be resolved"),
    "SELECT a.id FROM t AS b": ("COLUMN_NOT_FOUND", "line 1:8: Column 'a.id' cannot be resolved"),
    "SELECT id FROM t, u": ("AMBIGUOUS_NAME", "line 1:8: Column 'id' is ambiguous"),
    "SELECT id AS i FROM t WHERE i = 1": ("COLUMN_NOT_FOUND", "line 1:29: Column 'i' cannot be resolved"),
    "SELECT id AS i FROM t GROUP BY i": ("COLUMN_NOT_FOUND", "line 1:32: Column 'i' cannot be resolved"),
    "SELECT * FROM missing": ("TABLE_NOT_FOUND", "line 1:15: Table 'awsdatacatalog.default.missing' does not exist"),
    "SELECT * FROM a.b.c.d": ("SYNTAX_ERROR", "line 1:15: Too many dots in table name: a.b.c.d"),
    "SELECT *": ("COLUMN_NOT_FOUND", "line 1:8: SELECT * not allowed in queries without FROM clause"),
    "SELECT z.* FROM t": ("TABLE_NOT_FOUND", "line 1:8: Unable to resolve reference z"),
    "SELECT t.id FROM t JOIN u USING (id)": ("COLUMN_NOT_FOUND", "line 1:8: Column 't.id' cannot be resolved"),
    "SELECT rowid FROM t": ("COLUMN_NOT_FOUND", "line 1:8: Column 'rowid' cannot be resolved"),
    "SELECT x FROM (SELECT 1) AS t(x, y)": ("MISMATCHED_COLUMN_ALIASES", "line 1:15: Column alias list has 2 entries"),
    "WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a": (
        "DUPLICATE_NAMED_QUERY",
        "line 1:23: WITH query name 'a'",
    ),
    # grouping
    "SELECT name, count(*) FROM t": ("EXPRESSION_NOT_AGGREGATE", "line 1:8: 'name' must be an aggregate expression"),
    "SELECT name FROM t GROUP BY id": ("EXPRESSION_NOT_AGGREGATE", "line 1:8: 'name' must be an aggregate expression"),
    "SELECT * FROM t GROUP BY id": ("EXPRESSION_NOT_AGGREGATE", "line 1:8: 'name' must be an aggregate expression"),
    "SELECT id FROM t GROUP BY 2": ("INVALID_COLUMN_REFERENCE", "line 1:27: GROUP BY position 2 is not in select list"),
    "SELECT id FROM t ORDER BY 2": ("INVALID_COLUMN_REFERENCE", "line 1:27: ORDER BY position 2 is not in select list"),
    "SELECT id FROM t WHERE count(*) > 1": (
        "EXPRESSION_NOT_SCALAR",
        "line 1:24: WHERE clause cannot contain aggregations",
    ),
    "SELECT sum(max(id)) FROM t": ("EXPRESSION_NOT_SCALAR", "line 1:12: the arguments of sum cannot contain"),
    "SELECT id FROM t WHERE rank() OVER () = 1": ("EXPRESSION_NOT_SCALAR", "line 1:24: WHERE clause cannot contain"),
    "SELECT DISTINCT id FROM t ORDER BY name": ("EXPRESSION_NOT_IN_DISTINCT", "line 1:36: For SELECT DISTINCT"),
    "SELECT array_agg(DISTINCT id ORDER BY name) FROM t": (
        "EXPRESSION_NOT_IN_DISTINCT",
        "line 1:39: For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments",
    ),
    "SELECT at AT TIME ZONE 'UTC' FROM t GROUP BY at AT TIME ZONE 'Asia/Tokyo'": (
        "EXPRESSION_NOT_AGGREGATE",
        "line 1:8: 'at' must be an aggregate expression",
    ),
    "SELECT rank() FROM t": ("MISSING_OVER", "line 1:8: Window function rank requires an OVER clause"),
    "SELECT upper(name) OVER () FROM t": ("FUNCTION_NOT_WINDOW", "line 1:8: Not a window function: upper"),
    "SELECT bool_or(id = 1) IGNORE NULLS OVER () FROM t": (
        "NULL_TREATMENT_NOT_ALLOWED",
        "line 1:8: Cannot specify null treatment clause for bool_or function",
    ),
    "SELECT sum(id) OVER w FROM t": ("INVALID_WINDOW_REFERENCE", "line 1:21: Cannot resolve WINDOW name w"),
    "SELECT upper(DISTINCT name) FROM t": ("FUNCTION_NOT_AGGREGATE", "line 1:8: upper is not an aggregate"),
    # types
    "SELECT 1 = 'a'": ("TYPE_MISMATCH", "line 1:8: Cannot apply operator: integer = varchar(1)"),
    "SELECT name + 1 FROM t": ("TYPE_MISMATCH", "line 1:8: Cannot apply operator: varchar + integer"),
    "SELECT name = 1 FROM t": ("TYPE_MISMATCH", "line 1:8: Cannot apply operator: varchar = integer"),
    "SELECT '1' || 1": ("TYPE_MISMATCH", "line 1:8: Cannot apply operator: varchar(1) || integer"),
    "SELECT name FROM t WHERE id": (
        "TYPE_MISMATCH",
        "line 1:26: WHERE clause must evaluate to a boolean: actual type integer",
    ),
    "SELECT id FROM t WHERE id IN ('a')": ("TYPE_MISMATCH", "line 1:24: IN value and list items must be the same type"),
    "SELECT CASE WHEN true THEN 1 ELSE 'a' END": ("TYPE_MISMATCH", "line 1:8: All CASE results must be the same type"),
    "SELECT ARRAY[1, 'a']": ("TYPE_MISMATCH", "line 1:8: All ARRAY elements must be the same type"),
    "SELECT 1 UNION SELECT 'a'": ("TYPE_MISMATCH", "line 1:1: column 1 in union query has incompatible types"),
    "SELECT 1 UNION SELECT 1, 2": ("TYPE_MISMATCH", "line 1:1: union query has different number of fields: 1, 2"),
    "SELECT CAST(ARRAY[1] AS varchar)": ("TYPE_MISMATCH", "line 1:8: Cannot cast array(integer) to varchar"),
    "SELECT CAST(1 AS nonsense)": ("TYPE_NOT_FOUND", "line 1:18: Unknown type: nonsense"),
    "SELECT CAST('x' AS string)": ("TYPE_NOT_FOUND", "line 1:20: Unknown type: string"),
    "SELECT at > '2020-01-01' FROM t": ("TYPE_MISMATCH", "line 1:8: Cannot apply operator: timestamp(3) > varchar(10)"),
    "SELECT id FROM t ORDER BY map(ARRAY[1], ARRAY[1])": (
        "TYPE_MISMATCH",
        "line 1:27: Type map(integer, integer) is not",
    ),
    "SELECT count(*) FROM t GROUP BY map(ARRAY[id], ARRAY[1]) HAVING 1": ("TYPE_MISMATCH", "line 1:65: HAVING clause"),
    "SELECT date '2020-01-01' + interval '1' hour": (
        "INVALID_FUNCTION_ARGUMENT",
        "Cannot add hour, minutes or seconds to a date",
    ),
    "SELECT x.y FROM t": ("TYPE_MISMATCH", "line 1:8: Expression is not of type ROW: double"),
    # functions
    "SELECT nosuch(1)": ("FUNCTION_NOT_FOUND", "line 1:8: Function 'nosuch' not registered"),
    "SELECT upper(1)": (
        "FUNCTION_NOT_FOUND",
        "line 1:8: Unexpected parameters (integer) for function upper. Expected: upper(",
    ),
    "SELECT minute(interval '1' month)": (
        "FUNCTION_NOT_FOUND",
        "line 1:8: Unexpected parameters (interval year to month)",
    ),
    "SELECT concat('a')": ("INVALID_FUNCTION_ARGUMENT", "line 1:8: There must be two or more concatenation arguments"),
    "SELECT date_trunc('fortnight', at) FROM t": ("INVALID_FUNCTION_ARGUMENT", "line 1:8: 'fortnight' is not a valid"),
    "SELECT reduce(ARRAY[bigint '1'], 0, (s, x) -> s + x, s -> s)": (
        "FUNCTION_NOT_FOUND",
        "line 1:8: reduce: the state is integer",
    ),
    "SELECT count(id, name) FROM t": (
        "FUNCTION_NOT_FOUND",
        "line 1:8: Unexpected parameters (integer, varchar) for function count. Expected: count(), count(T)",
    ),
    # values, when they are met
    "SELECT approx_percentile(id, -0.5) FROM t": (
        "INVALID_FUNCTION_ARGUMENT",
        "Percentile must be between 0 and 1",
    ),
    "SELECT approx_percentile(id, 1.5) FROM t": ("INVALID_FUNCTION_ARGUMENT", "Percentile must be between 0 and 1"),
    "SELECT approx_percentile(id, nan()) OVER () FROM t": (
        "INVALID_FUNCTION_ARGUMENT",
        "Percentile must be between 0 and 1",
    ),
    "SELECT approx_percentile(x, ARRAY[0.5, -0.5]) FROM t": (
        "INVALID_FUNCTION_ARGUMENT",
        "Percentile must be between 0 and 1",
    ),
    "SELECT 1 / 0": ("DIVISION_BY_ZERO", "Division by zero"),
    "SELECT 1 % 0": ("DIVISION_BY_ZERO", "Division by zero"),
    "SELECT 1.0 / 0": ("DIVISION_BY_ZERO", "Division by zero"),
    "SELECT 2147483647 + 1": ("NUMERIC_VALUE_OUT_OF_RANGE", "Overflow"),
    "SELECT bigint '9223372036854775807' * 2": ("NUMERIC_VALUE_OUT_OF_RANGE", "Overflow"),
    "SELECT sum(n) FROM (VALUES 9223372036854775807, 1) v(n)": ("NUMERIC_VALUE_OUT_OF_RANGE", "Type INT128"),
    "SELECT CAST('x' AS bigint)": ("INVALID_CAST_ARGUMENT", "Cannot cast 'x' to BIGINT"),
    "SELECT CAST(' 12' AS integer)": ("INVALID_CAST_ARGUMENT", "Cannot cast ' 12' to INT"),
    "SELECT CAST('2020-13-01' AS date)": ("INVALID_CAST_ARGUMENT", ""),
    "SELECT CAST('2020-01-01T00:00:00' AS timestamp)": (
        "INVALID_CAST_ARGUMENT",
        "Value cannot be cast to timestamp: 2020-01-01T00:00:00",
    ),
    "SELECT ARRAY[1, 2][3]": (
        "INVALID_FUNCTION_ARGUMENT",
        "Array subscript must be less than or equal to array length: 3 > 2",
    ),
    "SELECT ARRAY[1][0]": ("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1"),
    "SELECT element_at(ARRAY[1], 0)": ("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1"),
    "SELECT ARRAY[1][-1]": ("INVALID_FUNCTION_ARGUMENT", "Array subscript is negative"),
    "SELECT map(ARRAY['a'], ARRAY[1])['b']": ("INVALID_FUNCTION_ARGUMENT", "Key not present in map: b"),
    "SELECT map(ARRAY['a', 'a'], ARRAY[1, 2])": ("INVALID_FUNCTION_ARGUMENT", "Map keys must be unique"),
    "SELECT json_parse('{')": ("INVALID_FUNCTION_ARGUMENT", "Cannot convert value to JSON: '{'"),
    "SELECT json_extract('{}', 'a.b')": ("INVALID_FUNCTION_ARGUMENT", "Invalid JSON path: 'a.b'"),
    "SELECT json_extract('{}', '$..a')": ("INVALID_FUNCTION_ARGUMENT", "Invalid JSON path: '$..a'"),
    "SELECT date_parse('x', '%Y')": ("INVALID_FUNCTION_ARGUMENT", 'Invalid format: "x"'),
    "SELECT regexp_like('a', '(')": ("INVALID_FUNCTION_ARGUMENT", "line 1:8: Invalid regular expression '('"),
    "SELECT regexp_extract('a', 'a', 1)": ("INVALID_FUNCTION_ARGUMENT", "Pattern has 0 groups. Cannot access group 1"),
    "SELECT sequence(1, 5, -1)": ("INVALID_FUNCTION_ARGUMENT", "sequence stop value should be greater"),
    "SELECT sequence(1, 20000)": ("INVALID_FUNCTION_ARGUMENT", "result of sequence function must not have more than"),
    "SELECT split('a', '')": ("INVALID_FUNCTION_ARGUMENT", "The delimiter may not be the empty string"),
    "SELECT timestamp '2020-01-01 00:00:00' AT TIME ZONE 'Mars/Base'": (
        "INVALID_FUNCTION_ARGUMENT",
        "'Mars/Base' is not",
    ),
    "SELECT date '2020-02-30'": ("INVALID_LITERAL", "line 1:8: '2020-02-30' is not a valid date literal"),
    "SELECT 'a!b' LIKE 'a!b' ESCAPE '!'": ("INVALID_FUNCTION_ARGUMENT", "Escape character must be followed by"),
}


@pytest.mark.parametrize(("sql", "expected"), WRONG.items(), ids=WRONG.keys())
def test_a_wrong_query_fails_as_in_athena(athena: Athena, sql: str, expected: tuple[str, str]) -> None:
    code, message = refusal(athena, sql)
    assert (code, message[: len(expected[1])]) == expected


NOT_DONE = {
    "SELECT checksum(id) FROM t": "Function checksum is not supported",
    "SELECT approx_most_frequent(3, id, 10) FROM t": "Function approx_most_frequent is not supported",
    "SELECT format('%tF', at) FROM t": "format: '%t' of timestamp(3) is not supported",
    "SELECT format(name, 1) FROM t": "format: the format must be a literal text",
    "SELECT listagg(name, ',' ON OVERFLOW ERROR) WITHIN GROUP (ORDER BY id) FROM t": "ON OVERFLOW is not supported",
    "SELECT c FROM chars": "Values of type char(3) are not supported",
    "SELECT * FROM chars": "Values of type char(3) are not supported",
    "SELECT id FROM t TABLESAMPLE BERNOULLI (10)": "TABLESAMPLE is not supported",
    "SELECT CAST('10.0.0.1' AS ipaddress)": "Type ipaddress is not supported",
    "SELECT json_value(name, 'lax $.a' RETURNING integer) FROM t": "Function json_value is not supported",
    "SELECT json_exists(name, 'lax $.a') FROM t": "Function json_exists is not supported",
    "SELECT ST_Centroid(name) FROM t": "Function st_centroid is not supported",
    "SELECT * FROM t NATURAL JOIN u": "NATURAL JOIN is not supported",
    "SELECT id FROM t ORDER BY id FETCH FIRST 1 ROW WITH TIES": "WITH TIES is not supported",
    "WITH RECURSIVE r(n) AS (SELECT 1) SELECT * FROM r": "WITH RECURSIVE is not supported",
    "SELECT * FROM TABLE(sequence(1, 2))": "a table function is not supported",
    "SELECT * FROM t FOR TIMESTAMP AS OF now()": "FOR TIMESTAMP AS OF is not supported",
    "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS true)": "MATCH_RECOGNIZE is not supported",
    "SELECT current_user": "CURRENT_USER is not supported",
    "SELECT sum(DISTINCT id) OVER () FROM t": "DISTINCT in window function parameters is not supported",
    "SELECT regexp_like(name, '\\p{L}') FROM t": "\\p in the regular expression '\\p{L}' is not supported",
    "SELECT regexp_like(name, '[a-z&&[^b]]') FROM t": "A class within a class",
    "SELECT try(regexp_like('x', p)) FROM (VALUES '\\p{L}') v(p)": "\\p in the regular expression",
    "SELECT date_format(at, name) FROM t": "date_format: the format must be a literal text",
    "SELECT format_datetime(at, 'yyyy Z') FROM t": "'Z' is not supported",
    "SELECT date_parse(name, '%v') FROM t": "%v is not supported",
    "SELECT try(from_iso8601_timestamp(v)) FROM (VALUES '2020-W01-1T00:00:00Z') w(v)": "is not read by",
    "SELECT array_distinct(ARRAY[from_iso8601_timestamp(v)]) FROM (VALUES '2020') w(v)": (
        "Function array_distinct of timestamps that carry different time zones is not supported"
    ),
    "SELECT array_agg(DISTINCT from_iso8601_timestamp(v)) FROM (VALUES '2020') w(v)": "array_agg with DISTINCT of",
    "SELECT ROW(from_iso8601_timestamp(v)) = ROW(now()) FROM (VALUES '2020') w(v)": "The comparison of timestamps that",
    "SELECT from_iso8601_timestamp(v) FROM (VALUES '2020') w(v) EXCEPT SELECT now()": "EXCEPT of timestamps that carry",
    "SELECT try_cast(v AS timestamp) FROM (VALUES '2020-01-01 00:00:00 UTC') w(v)": "a text with a time zone",
    "SELECT timestamp '2020-01-01 00:00:00.1234567'": "digits of a second is not supported",
    "SELECT CAST('2020-01-01' AS timestamp(9))": "keeps at most 6 digits",
    "SELECT ARRAY[1] < ARRAY[2]": "The order of arrays is not supported",
    "SELECT id FROM t ORDER BY list": "The order of arrays is not supported",
    "SELECT id FROM t UNION SELECT 1 ORDER BY ROW(1)": "The order of rows is not supported",
    "SELECT array_agg(id ORDER BY list) FROM t": "The order of arrays is not supported",
    "SELECT rank() OVER (ORDER BY list) FROM t": "The order of arrays is not supported",
    "SELECT greatest(list, list) FROM t": "The order of arrays is not supported",
    "SELECT list = ANY (SELECT list FROM t) FROM t": "A comparison of arrays with a subquery is not supported",
    "SELECT json_object('a': 1)": "Function json_object is not supported",
    "SELECT map_zip_with(map(), map(), (k, a, b) -> k)": "Function map_zip_with is not supported",
    "SELECT approx_percentile(id, 1, 0.5) FROM t": "Function approx_percentile(integer, integer, decimal) is not supp",
    "SELECT regexp_replace(name, 'a', m -> upper(m[1])) FROM t": "Function regexp_replace(varchar, varchar, function)",
    "SELECT date_trunc('hour', time '10:00:00')": "Function date_trunc(varchar, time) is not supported",
    "SELECT avg(interval '1' hour)": "Function avg(interval day to second) is not supported",
    "SELECT max(list) OVER () FROM t": "Function max(array) is not supported",
    "SELECT max(list) FROM t": "Function max(array) is not supported",
    "SELECT substring(to_utf8('a'), 1)": "Function substring(varbinary, integer) is not supported",
    "SELECT CAST('a' AS char(3))": "A cast of varchar(1) to char(3) is not supported",
    "SELECT nullif(random(), 1)": "a random value",
    "SELECT try((SELECT 1))": "a subquery or a random value",
    "SELECT * FROM t FULL JOIN u ON t.id = (SELECT max(id) FROM u)": "The local Athena cannot run this query",
    "SELECT u&'x'": "a U&'…' string is not supported",
}


@pytest.mark.parametrize(("sql", "expected"), NOT_DONE.items(), ids=NOT_DONE.keys())
def test_what_cannot_be_answered_rightly_is_refused_and_named(sql: str, expected: str) -> None:
    code, message = refusal(new_athena(), sql)
    assert expected in message
    assert code in ("NOT_SUPPORTED", "TYPE_MISMATCH")


ATTACKS = [
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "SELECT read_text('{file}')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('secret_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT athena_fail('a', 'b')",
    "SELECT query('SELECT 1')",
    "SELECT * FROM query_table('t')",
    "SELECT error('x')",
    "SELECT write_blob('x', 'y')",
    "SELECT list_transform(list, x -> x) FROM t",
    "SELECT struct_extract(row(1), 'field0')",
    "SELECT \"read_text\"('{file}')",
    "SELECT transform(list, x -> read_text('{file}')) FROM t",
    "SELECT id FROM t ORDER BY getenv('HOME')",
    "SELECT count(*) FILTER (WHERE getenv('HOME') = 'x') FROM t",
    "SELECT 1; COPY t TO '{file}'",
    "ATTACH '{file}'",
    "INSTALL httpfs",
    "PRAGMA database_list",
    "SET memory_limit = '1GB'",
    "CALL pragma_version()",
    "SELECT $1",
    "SELECT id FROM t WHERE name = '' OR getenv('HOME') <> ''--'",
    "SELECT getvariable('x')",
    "SELECT columns('.*') FROM t",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_duckdbs_own_functions_files_and_settings_are_out_of_reach(athena: Athena, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("the,secret\n")

    def answer() -> None:
        for statement in dialect.parse(sql.format(file=secret)):
            assert isinstance(statement, Query | Other)
            athena.connection.execute(dialect.translate(statement, athena.relations, SESSION).sql)

    with pytest.raises(QueryError):
        answer()


INJECTIONS = [
    "it's",
    "'); DROP TABLE t; --",
    'a"b',
    "{0} {1} {t} {d}",
    "$$x$$",
    "\\' OR 1=1",
    "-- comment",
    "/* x */",
    "%s ? :name @x",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_text_stays_a_text_wherever_it_stands(athena: Athena, text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    name = '"' + text.replace('"', '""') + '"'
    assert athena.rows(f"SELECT {literal} AS {name}") == [(text,)]
    assert athena.translate(f"SELECT {literal} AS {name}").columns[0].name == text
    assert athena.rows(f"SELECT max({name}) FROM (SELECT {literal} AS {name}) GROUP BY {literal}") == [(text,)]
    assert athena.rows(f"SELECT concat(x, {literal}) FROM (VALUES {literal}) AS {name}(x)") == [(text * 2,)]
    assert athena.rows(f"SELECT first_value({literal}) OVER (PARTITION BY {literal})") == [(text,)]
    assert athena.rows(f"SELECT transform(ARRAY[{literal}], x -> x || {literal})") == [(f"[{text * 2}]",)]
    assert athena.rows(f"SELECT CAST(row({literal}) AS row({name} varchar)).{name}") == [(text,)]


def test_a_deep_query_is_refused_not_crashed_on() -> None:
    deep = "(" * 5000 + "1" + ")" * 5000
    with pytest.raises(QueryError, match="nested too deeply"):
        Athena().rows(f"SELECT {deep}")
    with pytest.raises(QueryError, match="nested too deeply"):
        Athena().rows("SELECT " + "+".join(["1"] * 20000))


def test_every_function_of_ours_that_a_text_calls_exists() -> None:
    """No template names an ``athena_`` function that prepare does not make."""
    import re

    from trino_on_duckdb.runtime.macros import MACROS

    made = {f"athena_{function.name}" for function in FUNCTIONS} | {macro.split("(")[0] for macro in MACROS}
    made |= {"athena_unrefused", "athena_regexp_", "athena_"}
    folder = Path(dialect.__file__).parent
    named = {name for path in folder.rglob("*.py") for name in re.findall(r"athena_[a-z0-9_]*", path.read_text())}
    families = {"athena_substr", "athena_type"}
    assert {name for name in named if name not in made and not name.endswith("_") and name not in families} == set()


def test_no_function_is_both_done_and_refused() -> None:
    done = {*SCALARS, *aggregates.AGGREGATES, *windows.WINDOWS, *SPECIAL, *SYNONYMS}
    assert done & REFUSED == set()
    assert set(SYNONYMS.values()) <= done
