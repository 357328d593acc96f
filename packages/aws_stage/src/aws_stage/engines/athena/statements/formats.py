"""SerDes and Hadoop formats: what STORED AS and ROW FORMAT mean."""

from __future__ import annotations

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.statements.cursor import Cursor
from aws_stage.engines.athena.statements.tree import Format

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
HIVE_JSON_2 = "org.apache.hadoop.hive.serde2.JsonSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

INPUT_FORMATS = {
    PARQUET: _PARQUET_INPUT,
    **dict.fromkeys((LAZY_SIMPLE, OPENX_JSON, HIVE_JSON, HIVE_JSON_2, OPEN_CSV), _TEXT_INPUT),
}
"""The input format in which each SerDe that is read here finds its rows."""

STORED_AS = {
    "TEXTFILE": (LAZY_SIMPLE, _TEXT_INPUT, _TEXT_OUTPUT),
    "PARQUET": (PARQUET, _PARQUET_INPUT, _PARQUET_OUTPUT),
    "PARQUETFILE": (PARQUET, _PARQUET_INPUT, _PARQUET_OUTPUT),
    "JSON": (OPENX_JSON, _TEXT_INPUT, _TEXT_OUTPUT),
}
"""STORED AS name: SerDe, input format, output format."""

_DELIMITERS = {
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "collection.delim",
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}


def read_format(cursor: Cursor) -> Format:
    """Read ``[ROW FORMAT …] [WITH SERDEPROPERTIES (…)] [STORED AS …]``."""
    serde, properties = _row_format(cursor)
    if cursor.skip("WITH", "SERDEPROPERTIES"):
        properties |= cursor.properties()
    default_serde, input_format, output_format = STORED_AS["TEXTFILE"]
    if cursor.skip("STORED", "AS"):
        if cursor.skip("INPUTFORMAT"):
            input_format = cursor.string()
            cursor.expect("OUTPUTFORMAT")
            output_format = cursor.string()
        else:
            kind = cursor.token.upper
            if kind not in STORED_AS:
                known = ", ".join(f"'{name}'" for name in STORED_AS)
                if kind in ("ORC", "AVRO", "SEQUENCEFILE", "RCFILE", "ION"):
                    raise QueryError("NOT_SUPPORTED", f"STORED AS {kind}: the local stage reads {known} only")
                raise cursor.wrong(f"{known}, 'INPUTFORMAT'")
            cursor.next()
            default_serde, input_format, output_format = STORED_AS[kind]
    if serde is None:
        properties.setdefault("serialization.format", "1")
    return Format(serde or default_serde, properties, input_format, output_format)


def _row_format(cursor: Cursor) -> tuple[str | None, dict[str, str]]:
    if not cursor.skip("ROW", "FORMAT"):
        return None, {}
    if cursor.skip("SERDE"):
        return cursor.string(), {}
    cursor.expect("DELIMITED")
    properties: dict[str, str] = {}
    if cursor.skip("FIELDS", "TERMINATED", "BY"):
        properties["field.delim"] = properties["serialization.format"] = cursor.string()
        if cursor.skip("ESCAPED", "BY"):
            properties["escape.delim"] = cursor.string()
    found = True
    while found:
        found = False
        for words, name in _DELIMITERS.items():
            if cursor.skip(*words):
                properties[name] = cursor.string()
                found = True
    if properties.get("line.delim", "\n") != "\n":
        raise QueryError("FAILED", "SemanticException: LINES TERMINATED BY only supports newline '\\n' right now")
    return LAZY_SIMPLE, properties
