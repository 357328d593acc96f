"""Whether a statement may take away what is there. Athena takes one statement at a time, so its first words say so.

Words of https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html and dml-queries-functions-operators.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_TOKEN: Final = re.compile(
    r"""--[^\n]*|/\*.*?\*/|\s+|(?P<word>[A-Za-z_]\w*|"(?:[^"]|"")*"|`[^`]*`|'(?:[^']|'')*'|.)""", re.DOTALL
)

_READS_OR_ADDS: Final = frozenset(
    {
        *("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"),
        *("INSERT", "UNLOAD", "CREATE", "MSCK", "PREPARE", "DEALLOCATE"),
    }
)
"""First words. UNLOAD wants an empty place; DEALLOCATE forgets a text, and no data."""

_MOST_WORDS: Final = 8
"""``ALTER TABLE database . table ADD``, and some to spare."""


def destroys(sql: str, prepared: Callable[[str], str | None]) -> bool:
    """Whether ``sql`` may take away or replace what is there: DROP, DELETE, ALTER without ADD, CREATE OR REPLACE, ….

    A statement that begins with an unknown word may: Athena learns new ones. ``prepared`` gives the text of the
    prepared statement of a name, None where there is none: EXECUTE does what that text does.
    """
    words = _words(sql)
    first, second = (*(text.upper() for text, _ in words[:2]), "", "")[:2]
    if first == "EXPLAIN" and second == "ANALYZE":  # it runs what it explains
        return destroys(sql[words[1][1] :], prepared)
    if first == "EXECUTE":
        text = prepared(words[1][0].strip('"')) if second else None
        return text is not None and destroys(text, prepared)
    if first == "ALTER":
        return _altering(words) != "ADD"
    return bool(first) and (
        first not in _READS_OR_ADDS or (first, second) in {("CREATE", "OR"), ("INSERT", "OVERWRITE")}
    )


def _altering(words: list[tuple[str, int]]) -> str:
    """The word after the name of a table in an ALTER, in upper case."""
    texts = [text.upper() for text, _ in words]
    after = 5 if texts[3:4] == ["."] else 3
    return "".join(texts[after : after + 1])


def _words(sql: str) -> list[tuple[str, int]]:
    """The first words of a statement with the place where each ends; no comments, and no brackets before the first."""
    found: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(sql):
        word = token["word"]
        if word is None or (word == "(" and not found):
            continue
        found.append((word, token.end()))
        if len(found) == _MOST_WORDS:
            break
    return found
