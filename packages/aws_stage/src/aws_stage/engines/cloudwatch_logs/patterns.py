"""Filter patterns of CloudWatch Logs (user guide, "Filter pattern syntax"): terms, and JSON selectors."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from fnmatch import translate
from typing import Any

Matcher = Callable[[str], bool]
Condition = Callable[[Any], bool]

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>[^\s"]+))')
_TOKEN = re.compile(
    r'\s*(?:(?P<selector>\$(?:\.[\w-]+|\[\d+\])*)|(?P<text>"(?:\\.|[^"\\])*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
    r"|(?P<symbol>&&|\|\||!=|<=|>=|[=<>()])|(?P<word>[\w.*-]+))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


LONGEST_PATTERN = 1024
"""Characters of a filter pattern (API model, FilterPattern)."""
MOST_PARENTHESES = 100
"""What is nested deeper is refused, since matching it would be as deep."""


class PatternError(Exception):
    """The pattern is wrong, or of a kind that is not supported; the message says which."""


def compile_pattern(pattern: str) -> Matcher:
    """A function that says whether a message matches; raises PatternError."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"the pattern is longer than {LONGEST_PATTERN} characters")
    if pattern.lstrip().startswith("{") and pattern.count("(") > MOST_PARENTHESES:
        raise PatternError(f"the pattern has more than {MOST_PARENTHESES} parentheses")
    pattern = pattern.strip()
    if not pattern:
        return lambda _: True
    if pattern.startswith("["):
        raise PatternError("the local stage does not match space-delimited patterns ([a, b, ...])")
    if pattern.startswith("{"):
        if not pattern.endswith("}"):
            raise PatternError("a JSON pattern ends with }")
        condition = _Conditions(pattern[1:-1]).whole()
        return lambda message: _json_matches(message, condition)
    if "%" in pattern:
        raise PatternError("the local stage does not match regular expressions (%...%)")
    return _terms(pattern)


def _terms(pattern: str) -> Matcher:
    found = [(m["sign"], m["bare"] if m["quoted"] is None else m["quoted"]) for m in _TERM.finditer(pattern)]
    required = [term for sign, term in found if not sign]
    optional = [term for sign, term in found if sign == "?"]
    excluded = [term for sign, term in found if sign == "-"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            # Beside required terms, optional ones are ignored (user guide, "Match terms in unstructured log events").
            and (not optional or bool(required) or any(term in message for term in optional))
            and not any(term in message for term in excluded)
        )

    return matches


def _json_matches(message: str, condition: Condition) -> bool:
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return condition(document)


_MISSING = object()


class _Conditions:
    """Parses what stands between the braces."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise PatternError(f"the pattern is not understood from {text[position:].strip()!r} on")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def whole(self) -> Condition:
        condition = self._any()
        if self._tokens:
            raise PatternError(f"the pattern has {self._tokens[0][1]!r} where it should end")
        return condition

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._next() == "||":
            self._take()
            parts.append(self._all())
        return lambda document: any(part(document) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._next() == "&&":
            self._take()
            parts.append(self._one())
        return lambda document: all(part(document) for part in parts)

    def _one(self) -> Condition:
        if self._next() == "(":
            self._take()
            inside = self._any()
            if self._take()[1] != ")":
                raise PatternError("the pattern lacks a closing parenthesis")
            return inside
        kind, selector = self._take()
        if kind != "selector":
            raise PatternError(f"the pattern has {selector!r} where a selector such as $.field should be")
        return self._comparison(_selecting(selector))

    def _comparison(self, select: Callable[[Any], Any]) -> Condition:
        sign = self._take()[1]
        if sign.upper() == "IS":
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}
            word = self._take()[1].upper()
            if word not in wanted:
                raise PatternError(f"IS takes NULL, TRUE or FALSE, not {word}")
            return lambda document: select(document) is wanted[word]
        if sign.upper() == "NOT" and self._take()[1].upper() == "EXISTS":
            return lambda document: select(document) is _MISSING
        kind, raw = self._take()
        if sign in _COMPARE and kind == "number":
            compare, bound = _COMPARE[sign], float(raw)
            return lambda document: _is_number(select(document)) and compare(select(document), bound)
        if sign not in ("=", "!="):
            raise PatternError(f"the pattern compares with {sign!r} and {raw!r}")
        equals = _equals(kind, raw)
        return lambda document: select(document) is not _MISSING and equals(select(document)) == (sign == "=")

    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _take(self) -> tuple[str, str]:
        if not self._tokens:
            raise PatternError("the pattern ends too soon")
        return self._tokens.pop(0)


def _equals(kind: str, raw: str) -> Condition:
    if kind == "number":
        return lambda value: _is_number(value) and value == float(raw)
    text = json.loads(raw) if kind == "text" else raw
    pattern = re.compile(translate(text.replace("[", "[[]").replace("?", "[?]")))
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _selecting(selector: str) -> Callable[[Any], Any]:
    steps = [int(index) if index else name for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", selector)]

    def select(document: Any) -> Any:
        for step in steps:
            try:
                document = document[step]
            except (KeyError, IndexError, TypeError):
                return _MISSING
        return document

    return select


def selected(message: str, selector: str) -> float | None:
    """The number that a metric filter's ``$.field`` takes from a JSON message; None when there is none."""
    try:
        value = _selecting(selector)(json.loads(message))
        return float(value) if _is_number(value) else None
    except (ValueError, RecursionError, OverflowError):  # no JSON, too deep, or an integer beyond any double
        return None
