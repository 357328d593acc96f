"""Regular expressions as Trino's Joni reads them, on Python's: refused where the two read a pattern differently."""

from __future__ import annotations

import re
from functools import lru_cache

from trino_on_duckdb.errors import QueryError

_INVALID = "INVALID_FUNCTION_ARGUMENT"
_SHARED_ESCAPES = frozenset("dDwWsSbBAtnrf0123456789")
"""Letters and digits after a backslash that both engines read alike, by Unicode."""


def _refused(what: str, pattern: str) -> QueryError:
    return QueryError(
        "NOT_SUPPORTED", f"{what} in the regular expression '{pattern}' is not supported by the local Athena"
    )


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern; QueryError when it is malformed, or uses what Python does not have or has otherwise."""
    try:
        return re.compile(_python(pattern))
    except re.error as error:
        raise QueryError(_INVALID, f"Invalid regular expression '{pattern}': {error}") from error


def _python(pattern: str) -> str:
    """A Java pattern in Python's syntax."""
    found: list[str] = []
    position, in_class = 0, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            text, position = _escape(pattern, position)
            found.append(text)
            continue
        if in_class:
            if character == "[" or pattern.startswith("&&", position):
                raise _refused("A class within a class", pattern)
            in_class = character != "]" or found[-1] in ("[", "[^")
            found.append(character)
        elif character == "[":
            in_class = True
            negated = pattern.startswith("[^", position)
            found.append("[^" if negated else "[")
            position += negated
        elif character == "(" and pattern.startswith("(?", position):
            text, position = _group(pattern, position)
            found.append(text)
            continue
        else:
            found.append(character)
        position += 1
    return "".join(found)


def _escape(pattern: str, position: int) -> tuple[str, int]:
    following = pattern[position + 1 : position + 2]
    if following in _SHARED_ESCAPES or (following and not following.isalnum()):
        if following == "0":
            raise _refused("An octal escape", pattern)
        return pattern[position : position + 2], position + 2
    match = re.match(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\x\{([0-9a-fA-F]+)\}", pattern[position:])
    if match:
        return re.escape(chr(int(match[1] or match[2] or match[3], 16))), position + match.end()
    named = re.match(r"\\k<(\w+)>", pattern[position:])
    if named:
        return f"(?P={named[1]})", position + named.end()
    if following == "z":
        return r"\Z", position + 2
    if following == "Z":
        return r"(?=\n?\Z)", position + 2
    if not following:
        raise QueryError(_INVALID, f"Invalid regular expression '{pattern}': end pattern at escape")
    raise _refused(f"\\{following}", pattern)


def _group(pattern: str, position: int) -> tuple[str, int]:
    for opening in ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"):
        if pattern.startswith(opening, position):
            return opening, position + len(opening)
    named = re.match(r"\(\?<(\w+)>", pattern[position:])
    if named:
        return f"(?P<{named[1]}>", position + named.end()
    flags = re.match(r"\(\?([ims]+)(\)|:)", pattern[position:])
    if flags and (flags[2] == ":" or position == 0):
        return flags.group(), position + flags.end()
    raise _refused(f"{pattern[position : position + 4]}", pattern)


def like(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere."""
    return compiled(pattern).search(text) is not None


def _checked(expression: re.Pattern[str], group: int) -> int:
    if group < 0:
        raise QueryError(_INVALID, "Group cannot be negative")
    if group > expression.groups:
        raise QueryError(_INVALID, f"Pattern has {expression.groups} groups. Cannot access group {group}")
    return group


def extract(text: str, pattern: str, group: int) -> str | None:
    expression = compiled(pattern)
    index = _checked(expression, group)
    match = expression.search(text)
    return None if match is None else match[index]


def extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    expression = compiled(pattern)
    index = _checked(expression, group)
    return [match[index] for match in expression.finditer(text)]


def count(text: str, pattern: str) -> int:
    return sum(1 for _ in compiled(pattern).finditer(text))


def position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Where the occurrence starts, from 1; -1 if it is not."""
    if start < 1 or occurrence < 1:
        raise QueryError(_INVALID, "start position and occurrence must be at least 1")
    if start > len(text):
        return -1
    for number, match in enumerate(compiled(pattern).finditer(text, start - 1), 1):
        if number == occurrence:
            return match.start() + 1
    return -1


def split(text: str, pattern: str) -> list[str]:
    """The parts between matches, the empty last one too."""
    found, last = [], 0
    for match in compiled(pattern).finditer(text):
        found.append(text[last : match.start()])
        last = match.end()
    return [*found, text[last:]]


_REPLACEMENT = re.compile(r"\\(.)|\$(?:\{(\w+)\}|(\d+))|[\\$]", re.DOTALL)


def replace(text: str, pattern: str, replacement: str) -> str:
    """``$1`` and ``${name}`` stand for groups, a backslash takes what follows literally."""
    expression = compiled(pattern)

    def substituted(match: re.Match[str]) -> str:
        def piece(found: re.Match[str]) -> str:
            if found[1] is not None:
                return found[1]
            if found[2] is not None:
                if found[2] not in expression.groupindex:
                    raise QueryError(_INVALID, f"Illegal replacement sequence: unknown group {{ {found[2]} }}")
                return match[found[2]] or ""
            if found[3] is not None:
                return _numbered(match, found[3])
            raise QueryError(_INVALID, f"Illegal replacement sequence: {replacement}")

        return _REPLACEMENT.sub(piece, replacement)

    return expression.sub(substituted, text)


def _numbered(match: re.Match[str], digits: str) -> str:
    """The longest number that is a group; further digits are text."""
    groups = match.re.groups
    number = int(digits[0])
    if number > groups:
        raise QueryError(_INVALID, f"Illegal replacement sequence: unknown group {number}")
    used = 1
    while used < len(digits) and int(digits[: used + 1]) <= groups:
        used += 1
    return (match[int(digits[:used])] or "") + digits[used:]
