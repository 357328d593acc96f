"""Writing names and values into DuckDB SQL."""

from __future__ import annotations


def identifier(name: str) -> str:
    """A quoted name."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def texts(values: list[str]) -> str:
    """A list of quoted texts."""
    return "[" + ", ".join(literal(value) for value in values) + "]"
