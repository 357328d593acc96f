"""What a query fails with."""

from __future__ import annotations


class QueryError(Exception):
    """A query that Athena would refuse, or that this stage cannot answer rightly.

    ``code`` is Trino's error name (``SYNTAX_ERROR``, ``COLUMN_NOT_FOUND``, ``NOT_SUPPORTED``, …) and ``message`` what
    Athena writes after it, with its place in the text where that is known: ``line 1:8: Column 'x' cannot be resolved``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
