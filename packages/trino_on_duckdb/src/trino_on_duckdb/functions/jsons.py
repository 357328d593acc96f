"""JSON texts, read by ``runtime.json_paths``; the plainest reads are left to DuckDB, which is much faster."""

from __future__ import annotations

import re

from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Table, one, overloads
from trino_on_duckdb.runtime.json_paths import steps
from trino_on_duckdb.values import once, quoted

_PLAIN_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*")
_LENIENT = r"(?i)nan|inf|,\s*[}\]]"
"""What DuckDB's reader takes and Jackson does not; a text with any of it goes the slow way."""
_SAME = "('VARCHAR', 'BOOLEAN', 'UBIGINT')"
"""Kinds of values whose text is the same to both; fractions, for one, DuckDB would write anew."""
_NOTHING = "('NULL', 'OBJECT', 'ARRAY')"
"""Kinds that are no scalar."""


def _extract_scalar(found: Fit) -> str:
    """By DuckDB where the path is plain and the document and value are sure to mean the same, else by ours."""
    document, path = found.values
    slow = f"athena_json_extract_scalar({{0}}, {path.sql})"
    if not isinstance(path.literal, str):
        return slow.format(document.sql)
    keys = steps(path.literal)
    if not keys or not all(map(_PLAIN_STEP.fullmatch, keys)):
        return slow.format(document.sql)
    native = quoted("$" + "".join(f'."{key}"' for key in keys))

    def body(text: str) -> str:
        lenient = f"NOT json_valid({text}) OR regexp_matches({text}, {quoted(_LENIENT)})"
        kind = f"json_type({text}, {native})"
        return (
            f"CASE WHEN {lenient} THEN {slow.format(text)} WHEN {kind} IS NULL OR {kind} IN {_NOTHING} THEN NULL "
            f"WHEN {kind} IN {_SAME} THEN json_extract_string({text}, {native}) ELSE {slow.format(text)} END"
        )

    return once(document.sql, body)


JSONS: Table = {
    "is_json_scalar": overloads(("json -> boolean", "athena_json_is_scalar({0})"),
                                ("varchar -> boolean", "athena_json_is_scalar({0})")),
    "json_array_contains": [
        overload
        for kind in ("json", "varchar")
        for overload in overloads(
            (f"{kind}, boolean -> boolean", "athena_json_array_contains({0}, CAST({1} AS VARCHAR), 'boolean')"),
            (f"{kind}, bigint -> boolean", "athena_json_array_contains({0}, CAST({1} AS VARCHAR), 'bigint')"),
            (f"{kind}, double -> boolean", "athena_json_array_contains({0}, CAST({1} AS VARCHAR), 'double')"),
            (f"{kind}, varchar -> boolean", "athena_json_array_contains({0}, {1}, 'varchar')"),
        )
    ],
    "json_array_length": overloads(("json -> bigint", "athena_json_array_length({0})"),
                                   ("varchar -> bigint", "athena_json_array_length({0})")),
    "json_extract": overloads(("json, varchar -> json", "athena_json_extract({0}, {1})"),
                              ("varchar, varchar -> json", "athena_json_extract({0}, {1})")),
    "json_extract_scalar": overloads(("json, varchar -> varchar", _extract_scalar),
                                     ("varchar, varchar -> varchar", _extract_scalar)),
    "json_format": one("json -> varchar", "{0}"),
    "json_parse": one("varchar -> json", "athena_json_parse({0})"),
    "json_size": overloads(("json, varchar -> bigint", "athena_json_size({0}, {1})"),
                           ("varchar, varchar -> bigint", "athena_json_size({0}, {1})")),
}  # fmt: skip
