"""URLs as java.net.URI reads them; what is no URI has no parts (NULL)."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote, unquote_plus

from trino_on_duckdb.errors import QueryError

_URI = re.compile(
    r"(?:(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*):)?"
    r"(?://(?:[^/?#@]*@)?(?P<host>[^/?#:@\[\]]*|\[[^\]/?#]*\])(?::(?P<port>\d*))?)?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_ILLEGAL = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")


def _match(url: str) -> re.Match[str] | None:
    return None if _ILLEGAL.search(url) else _URI.fullmatch(url)


def extract(url: str, part: str) -> str | None:
    """One of the parts named in the pattern. Absent: '' for the texts, NULL for host and port as Trino has it."""
    match = _match(url)
    if match is None:
        return None
    found = match[part]
    if part in ("host", "port"):
        return found or None
    if not found:
        return ""
    return found if part == "protocol" else unquote(found)


def parameter(url: str, name: str) -> str | None:
    """The first value of a query parameter, or NULL."""
    match = _match(url)
    if match is None or not match["query"]:
        return None
    for pair in match["query"].split("&"):
        key, found, value = pair.partition("=")
        if unquote(key) == name:
            return unquote(value) if found else ""
    return None


def encode(text: str) -> str:
    """Letters, digits and ``-_.*`` stay, a space becomes ``+``."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def decode(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid escape sequence in {text}")
    return unquote_plus(text)
