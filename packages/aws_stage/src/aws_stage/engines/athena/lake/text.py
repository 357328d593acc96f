"""Writing names and values into DuckDB SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def identifier(name: str) -> str:
    """A quoted name."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def texts(values: Sequence[str]) -> str:
    """A list of quoted texts."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def partitioning(types: Mapping[str, str]) -> str:
    """The options of DuckDB's readers that take these keys, of these types, from the files' paths."""
    if not types:
        return "hive_partitioning = false"
    pairs = ", ".join(f"{literal(key)}: {literal(kind)}" for key, kind in types.items())
    return f"hive_partitioning = true, hive_types = {{{pairs}}}"
