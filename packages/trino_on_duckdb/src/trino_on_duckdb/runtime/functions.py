"""The Python functions, with the DuckDB types they take and give. NULL arguments give NULL without a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.runtime import (
    encodings,
    formatting,
    json_casts,
    json_paths,
    numbers,
    regular_expressions,
    texts,
    time_formats,
    time_series,
    urls,
)


@dataclass(frozen=True)
class Function:
    name: str
    body: Callable[..., Any]
    parameters: tuple[str, ...]
    result: str


def fail(code: str, message: str) -> NoReturn:
    """Ends the query with an error of Athena's."""
    raise QueryError(code, message)


TEXT, WHOLE, FLOAT, BYTES, TRUTH, TEXTS = "VARCHAR", "BIGINT", "DOUBLE", "BLOB", "BOOLEAN", "VARCHAR[]"
WHOLES, FLOATS = "BIGINT[]", "DOUBLE[]"

FUNCTIONS = (
    Function("fail", fail, (TEXT, TEXT), TEXT),
    Function("format", formatting.specified, (TEXT, TEXT, WHOLE, WHOLE), TEXT),
    Function("interpolate_linear", time_series.linear, (WHOLES, FLOATS, WHOLES), FLOATS),
    Function("interpolate_locf", time_series.last, (WHOLES, FLOATS, WHOLES), FLOATS),
    Function("interpolate_fill", time_series.filled, (WHOLES, FLOATS, WHOLES, FLOAT), FLOATS),
    Function("cbrt", numbers.cube_root, (FLOAT,), FLOAT),
    Function("decimal_divide", numbers.decimal_divide, (TEXT, TEXT, WHOLE, WHOLE), TEXT),
    Function("from_base", numbers.from_base, (TEXT, WHOLE), WHOLE),
    Function("java_double", numbers.java_double, (FLOAT,), TEXT),
    Function("java_float", numbers.java_float, ("FLOAT",), TEXT),
    Function("double_text", numbers.sql_double, (FLOAT,), TEXT),
    Function("real_text", numbers.sql_real, ("FLOAT",), TEXT),
    Function("java_log", numbers.java_log, (FLOAT, FLOAT), FLOAT),
    Function("to_base", numbers.to_base, (WHOLE, WHOLE), TEXT),
    Function("width_bucket", numbers.width_bucket, (FLOAT, FLOAT, FLOAT, WHOLE), WHOLE),
    Function("chr", texts.character, (WHOLE,), TEXT),
    Function("hamming_distance", texts.hamming_distance, (TEXT, TEXT), WHOLE),
    Function("interleave", texts.interleave, (TEXT, TEXT), TEXT),
    Function("levenshtein_distance", texts.levenshtein_distance, (TEXT, TEXT), WHOLE),
    Function("lower", texts.lower, (TEXT,), TEXT),
    Function("reverse", texts.reverse, (TEXT,), TEXT),
    Function("split", texts.split, (TEXT, TEXT, WHOLE), TEXTS),
    Function("split_to_pairs", texts.split_to_pairs, (TEXT, TEXT, TEXT), "VARCHAR[][]"),
    Function("strpos", texts.position, (TEXT, TEXT, WHOLE), WHOLE),
    Function("upper", texts.upper, (TEXT,), TEXT),
    Function("regexp_count", regular_expressions.count, (TEXT, TEXT), WHOLE),
    Function("regexp_extract", regular_expressions.extract, (TEXT, TEXT, WHOLE), TEXT),
    Function("regexp_extract_all", regular_expressions.extract_all, (TEXT, TEXT, WHOLE), TEXTS),
    Function("regexp_like", regular_expressions.like, (TEXT, TEXT), TRUTH),
    Function("regexp_position", regular_expressions.position, (TEXT, TEXT, WHOLE, WHOLE), "INTEGER"),
    Function("regexp_replace", regular_expressions.replace, (TEXT, TEXT, TEXT), TEXT),
    Function("regexp_split", regular_expressions.split, (TEXT, TEXT), TEXTS),
    Function("url_decode", urls.decode, (TEXT,), TEXT),
    Function("url_encode", urls.encode, (TEXT,), TEXT),
    Function("url_extract", urls.extract, (TEXT, TEXT), TEXT),
    Function("url_parameter", urls.parameter, (TEXT, TEXT), TEXT),
    Function("crc32", encodings.crc32, (BYTES,), WHOLE),
    Function("from_utf8", encodings.from_utf8, (BYTES,), TEXT),
    Function("hmac", encodings.keyed_hash, (BYTES, BYTES, TEXT), BYTES),
    Function("sha512", encodings.sha512, (BYTES,), BYTES),
    Function("date_parse", time_formats.date_parse, (TEXT, TEXT), TEXT),
    Function("iso8601_timestamp", time_formats.iso8601_timestamp, (TEXT,), TEXT),
    Function("parse_datetime", time_formats.parse_datetime, (TEXT, TEXT), TEXT),
    Function("json_array_contains", json_paths.array_contains, (TEXT, TEXT, TEXT), TRUTH),
    Function("json_array_length", json_paths.array_length, (TEXT,), WHOLE),
    Function("json_cast", json_casts.shape, (TEXT, TEXT), TEXT),
    Function("json_extract", json_paths.extract, (TEXT, TEXT), TEXT),
    Function("json_extract_scalar", json_paths.extract_scalar, (TEXT, TEXT), TEXT),
    Function("json_is_scalar", json_paths.is_scalar, (TEXT,), TRUTH),
    Function("json_parse", json_paths.parse, (TEXT,), TEXT),
    Function("json_size", json_paths.size, (TEXT, TEXT), WHOLE),
)
