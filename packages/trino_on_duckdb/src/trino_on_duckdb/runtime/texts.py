"""Texts as Java sees them: code point by code point."""

from __future__ import annotations

from trino_on_duckdb.errors import QueryError

_INVALID = "INVALID_FUNCTION_ARGUMENT"


def upper(text: str) -> str:
    """Character.toUpperCase of each code point: one that would become several stays."""
    return "".join(big if len(big := character.upper()) == 1 else character for character in text)


def lower(text: str) -> str:
    """Character.toLowerCase of each code point."""
    return "".join(small if len(small := character.lower()) == 1 else small[0] for character in text)


def reverse(text: str) -> str:
    return text[::-1]


def character(code_point: int) -> str:
    if not 0 <= code_point <= 0x10FFFF or 0xD800 <= code_point <= 0xDFFF:
        raise QueryError(_INVALID, f"Not a valid Unicode code point: {code_point}")
    return chr(code_point)


def interleave(text: str, between: str) -> str:
    """``replace`` of the empty text: the replacement before every character and at the end."""
    return text.replace("", between)


def split(text: str, delimiter: str, limit: int) -> list[str]:
    """At most ``limit`` parts; the last one holds the rest."""
    if limit <= 0:
        raise QueryError(_INVALID, "Limit must be positive")
    if not delimiter:
        raise QueryError(_INVALID, "The delimiter may not be the empty string")
    return text.split(delimiter, limit - 1)


def split_to_pairs(text: str, entry: str, key_value: str) -> list[list[str]]:
    """Keys with their values; a key that comes twice fails."""
    if not entry or not key_value or entry == key_value:
        raise QueryError(_INVALID, "entryDelimiter and keyValueDelimiter must not be empty or the same")
    pairs: dict[str, str] = {}
    for part in text.removesuffix(entry).split(entry) if text else []:
        key, found, value = part.partition(key_value)
        if not found or key_value in value:
            raise QueryError(
                _INVALID, f"Key-value delimiter must appear exactly once in each entry. Bad input: '{part}'"
            )
        if key in pairs:
            raise QueryError(_INVALID, f"Duplicate keys ({key}) are not allowed")
        pairs[key] = value
    return [[key, value] for key, value in pairs.items()]


def position(text: str, part: str, instance: int) -> int:
    """Where the part is for the ``instance``-th time, from the end when negative; 0 if it is not."""
    if instance == 0:
        raise QueryError(_INVALID, "'instance' must not be a positive or negative number.")
    if not part:
        return 1
    found = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        found = text.find(part, found + 1) if instance > 0 else text.rfind(part, 0, max(found + len(part) - 1, 0))
        if found < 0:
            return 0
    return found + 1


def hamming_distance(left: str, right: str) -> int:
    if len(left) != len(right):
        raise QueryError(_INVALID, "The input strings to hamming_distance function must have the same length")
    return sum(one != other for one, other in zip(left, right, strict=True))


def levenshtein_distance(left: str, right: str) -> int:
    if len(left) * len(right) > 1_000_000:
        problem = "The combined inputs for Levenshtein distance are too large"
        raise QueryError(_INVALID, problem)
    previous = list(range(len(right) + 1))
    for row, one in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (one != other)))
        previous = current
    return previous[-1]
