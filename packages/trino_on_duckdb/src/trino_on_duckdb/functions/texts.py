"""Texts, counted in code points."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.arithmetic import append_arrays
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Table, Writer, fill, one, overloads
from trino_on_duckdb.runtime.regular_expressions import compiled
from trino_on_duckdb.values import failure, quoted

WHITESPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    "\u2028\u2029\u205f\u3000"
)
"""Java's Character.isWhitespace."""

_INVALID = "INVALID_FUNCTION_ARGUMENT"


def _fails(problem: str, kind: str = "varchar") -> str:
    return failure(_INVALID, quoted(problem), types.parse_type(kind))


def _substr(found: Fit) -> str:
    _, start, *length = found.values
    positive = all(isinstance(each.literal, int) and each.literal > 0 for each in (start, *length))
    arguments = ", ".join(each.sql for each in found.values)
    return f"substr({arguments})" if positive else f"athena_substr{len(found.values)}({arguments})"


def _concatenated(found: Fit) -> str:
    if len(found.values) < 2:
        raise QueryError(_INVALID, "There must be two or more concatenation arguments to concat")
    return f"({' || '.join(value.sql for value in found.values)})"


def _concat_ws(found: Fit) -> str:
    separator, *parts = (value.sql for value in found.values)
    listed = f"list_filter(CAST([{', '.join(parts)}] AS VARCHAR[]), lambda _part: _part IS NOT NULL)"
    return f"CASE WHEN {separator} IS NOT NULL THEN array_to_string({listed}, {separator}) END"


def _split_part(found: Fit) -> str:
    text, delimiter, index = (value.sql for value in found.values)
    parts = f"string_split({text}, {delimiter})"  # an empty delimiter parts every character in both
    return (
        f"({parts})[CASE WHEN {index} <= 0 THEN {_fails('Index must be greater than zero', 'bigint')} ELSE {index} END]"
    )


def _not_empty(delimiter: str) -> str:
    problem = _fails("The delimiter may not be the empty string")
    return f"CASE WHEN {delimiter} = '' THEN {problem} ELSE {delimiter} END"


def _pad(name: str) -> str:
    long = _fails("Target length must be in the range [0..2147483647]", "integer")
    size = f"CASE WHEN {{1}} < 0 OR {{1}} > 2147483647 THEN {long} ELSE CAST({{1}} AS INTEGER) END"
    pad = f"CASE WHEN {{2}} = '' THEN {_fails('Padding string must not be empty')} ELSE {{2}} END"
    return f"{name}({{0}}, {size}, {pad})"


def _case(name: str) -> str:
    """DuckDB's own for ASCII; beyond it DuckDB knows letters that Java leaves alone."""
    return f"CASE WHEN strlen({{0}}) = length({{0}}) THEN {name}({{0}}) ELSE athena_{name}({{0}}) END"


_LONG = _fails("codepoint takes a single character", "integer")

TEXTS: Table = {
    "chr": one("bigint -> varchar", "athena_chr({0})"),
    "codepoint": one("varchar -> integer", f"CASE WHEN length({{0}}) <> 1 THEN {_LONG} ELSE unicode({{0}}) END"),
    "concat": overloads(("varchar… -> varchar", _concatenated), ("varbinary… -> varbinary", _concatenated),
                        ("array(T)… -> array(T)", lambda found: append_arrays([each.sql for each in found.values]))),
    "concat_ws": one("varchar, varchar… -> varchar", _concat_ws),
    "hamming_distance": one("varchar, varchar -> bigint", "athena_hamming_distance({0}, {1})"),
    "length": overloads(("varchar -> bigint", "length({0})"), ("varbinary -> bigint", "octet_length({0})")),
    "levenshtein_distance": one("varchar, varchar -> bigint", "athena_levenshtein_distance({0}, {1})"),
    "lower": one("varchar -> varchar", _case("lower")),
    "lpad": one("varchar, bigint, varchar -> varchar", _pad("lpad")),
    "ltrim": overloads(("varchar -> varchar", f"ltrim({{0}}, {quoted(WHITESPACE)})"),
                       ("varchar, varchar -> varchar", "ltrim({0}, {1})")),
    "replace": overloads(
        ("varchar, varchar -> varchar", "CASE WHEN {1} = '' THEN {0} ELSE replace({0}, {1}, '') END"),
        ("varchar, varchar, varchar -> varchar",
         "CASE WHEN {1} = '' THEN athena_interleave({0}, {2}) ELSE replace({0}, {1}, {2}) END"),
    ),
    "rpad": one("varchar, bigint, varchar -> varchar", _pad("rpad")),
    "rtrim": overloads(("varchar -> varchar", f"rtrim({{0}}, {quoted(WHITESPACE)})"),
                       ("varchar, varchar -> varchar", "rtrim({0}, {1})")),
    "split": overloads(
        ("varchar, varchar -> array(varchar)", f"string_split({{0}}, {_not_empty('{1}')})"),
        ("varchar, varchar, bigint -> array(varchar)", "athena_split({0}, {1}, {2})"),
    ),
    "split_part": one("varchar, varchar, bigint -> varchar", _split_part),
    "split_to_map": one(
        "varchar, varchar, varchar -> map(varchar, varchar)",
        "map_from_entries(list_transform(athena_split_to_pairs({0}, {1}, {2}), "
        "lambda _pair: struct_pack(key := _pair[1], value := _pair[2])))",
    ),
    "starts_with": one("varchar, varchar -> boolean", "starts_with({0}, {1})"),
    "strpos": overloads(("varchar, varchar -> bigint", "strpos({0}, {1})"),
                        ("varchar, varchar, bigint -> bigint", "athena_strpos({0}, {1}, {2})")),
    "substr": overloads(("varchar, bigint -> varchar", _substr), ("varchar, bigint, bigint -> varchar", _substr)),
    "translate": one("varchar, varchar, varchar -> varchar", "translate({0}, {1}, {2})"),
    "trim": overloads(("varchar -> varchar", f"trim({{0}}, {quoted(WHITESPACE)})"),
                      ("varchar, varchar -> varchar", "trim({0}, {1})")),
    "upper": one("varchar -> varchar", _case("upper")),
}  # fmt: skip

SYNONYMS = {"substring": "substr"}


def _regular(template: str) -> Writer:
    """A call with a pattern, which is read at once when it is a literal, so that a refusal comes before any row."""

    def write(found: Fit) -> str:
        pattern = found.values[1].literal
        if isinstance(pattern, str):
            compiled(pattern)
        return fill(template, found)

    return write


REGULAR_EXPRESSIONS: Table = {
    "regexp_count": one("varchar, varchar -> bigint", _regular("athena_regexp_count({0}, {1})")),
    "regexp_extract": overloads(
        ("varchar, varchar -> varchar", _regular("athena_regexp_extract({0}, {1}, 0)")),
        ("varchar, varchar, bigint -> varchar", _regular("athena_regexp_extract({0}, {1}, {2})")),
    ),
    "regexp_extract_all": overloads(
        ("varchar, varchar -> array(varchar)", _regular("athena_regexp_extract_all({0}, {1}, 0)")),
        ("varchar, varchar, bigint -> array(varchar)", _regular("athena_regexp_extract_all({0}, {1}, {2})")),
    ),
    "regexp_like": one("varchar, varchar -> boolean", _regular("athena_regexp_like({0}, {1})")),
    "regexp_position": overloads(
        ("varchar, varchar -> integer", _regular("athena_regexp_position({0}, {1}, 1, 1)")),
        ("varchar, varchar, bigint -> integer", _regular("athena_regexp_position({0}, {1}, {2}, 1)")),
        ("varchar, varchar, bigint, bigint -> integer", _regular("athena_regexp_position({0}, {1}, {2}, {3})")),
    ),
    "regexp_replace": overloads(
        ("varchar, varchar -> varchar", _regular("athena_regexp_replace({0}, {1}, '')")),
        ("varchar, varchar, varchar -> varchar", _regular("athena_regexp_replace({0}, {1}, {2})")),
    ),
    "regexp_split": one("varchar, varchar -> array(varchar)", _regular("athena_regexp_split({0}, {1})")),
}
"""Java's regular expressions, by ``runtime.regular_expressions``."""

URLS: Table = {
    **{
        f"url_extract_{part}": one("varchar -> varchar", f"athena_url_extract({{0}}, '{part}')")
        for part in ("fragment", "host", "path", "protocol", "query")
    },
    "url_decode": one("varchar -> varchar", "athena_url_decode({0})"),
    "url_encode": one("varchar -> varchar", "athena_url_encode({0})"),
    "url_extract_parameter": one("varchar, varchar -> varchar", "athena_url_parameter({0}, {1})"),
    "url_extract_port": one("varchar -> bigint", "CAST(athena_url_extract({0}, 'port') AS BIGINT)"),
}
