"""Event patterns, as event source mappings know them.

Lambda developer guide, "Control which events Lambda sends to your function", "Filter rule syntax": null, empty, equals,
equals (ignoring case), and, or, $or, anything-but, numeric, exists, prefix and suffix.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Test = Callable[[Any], bool]
"""Judges one value of an event; ``MISSING`` stands for one that is not there."""

MISSING = object()
DEEPEST = 100
"""Levels of a pattern: matching goes as deep."""
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PatternError(ValueError):
    """A pattern that is not one; the message says what is wrong."""


class Pattern:
    """Every named field must match, one rule of a field is enough, and so is one pattern of ``$or``."""

    def __init__(self, pattern: Any, depth: int = 1) -> None:
        if depth > DEEPEST:
            raise PatternError(f"a filter pattern is nested at most {DEEPEST} levels here")
        if not isinstance(pattern, Mapping) or not pattern:
            raise PatternError("a filter pattern must be a JSON object with at least one field")
        self._alternatives: list[Pattern] = []
        self._fields: list[tuple[str, Pattern]] = []
        self._leaves: list[tuple[str, list[Test]]] = []
        for name, rules in pattern.items():
            if name == "$or":
                self._alternatives = _alternatives(rules, depth)
            elif isinstance(rules, Mapping):
                self._fields.append((name, Pattern(rules, depth + 1)))
            elif isinstance(rules, list) and rules:
                self._leaves.append((name, [_test(rule) for rule in rules]))
            else:
                raise PatternError(f"{name} must be a list of rules or an object, not {rules!r}")

    def matches(self, event: Any) -> bool:
        """Whether ``event``, decoded JSON, matches. Of a list, one element that matches is enough."""
        if isinstance(event, list):
            return any(self.matches(item) for item in event)
        found = event if isinstance(event, Mapping) else {}
        return (
            all(_any(tests, found.get(name, MISSING)) for name, tests in self._leaves)
            and all(pattern.matches(found.get(name)) for name, pattern in self._fields)
            and (not self._alternatives or any(pattern.matches(found) for pattern in self._alternatives))
        )


def _alternatives(patterns: Any, depth: int) -> list[Pattern]:
    if not isinstance(patterns, list) or not patterns:
        raise PatternError("$or must be a list of patterns")
    return [Pattern(pattern, depth + 1) for pattern in patterns]


def _any(tests: Sequence[Test], value: Any) -> bool:
    values = value if isinstance(value, list) and value else [value]
    return any(test(item) for test in tests for item in values)


def _test(rule: Any) -> Test:
    if not isinstance(rule, Mapping):
        if isinstance(rule, list):
            raise PatternError(f"a rule must be a value or an object, not the list {rule!r}")
        return _equals(rule)
    if len(rule) != 1:
        raise PatternError(f"a rule must have exactly one operator: {dict(rule)!r}")
    name, operand = next(iter(rule.items()))
    if name == "exists":
        if not isinstance(operand, bool):
            raise PatternError("exists must be true or false")
        return lambda value: (value is not MISSING) == operand
    if name == "anything-but":
        return _anything_but(operand)
    if name == "numeric":
        return _numeric(operand)
    return _text(name, operand)


def _equals(wanted: Any) -> Test:
    if isinstance(wanted, bool) or wanted is None:
        return lambda value: value is wanted
    if isinstance(wanted, int | float):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: isinstance(value, str) and value == wanted


def _text(name: str, operand: Any) -> Test:
    if name in ("prefix", "suffix") and isinstance(operand, Mapping):
        if operand.keys() != {"equals-ignore-case"}:
            raise PatternError(f"{name} takes a string or equals-ignore-case, not {dict(operand)!r}")
        folded = _string(name, operand["equals-ignore-case"]).casefold()
        return lambda value: isinstance(value, str) and _affix(name, value.casefold(), folded)
    text = _string(name, operand)
    if name in ("prefix", "suffix"):
        return lambda value: isinstance(value, str) and _affix(name, value, text)
    if name == "equals-ignore-case":
        return lambda value: isinstance(value, str) and value.casefold() == text.casefold()
    raise PatternError(f"{name} is no operator of an event filter")


def _affix(name: str, value: str, text: str) -> bool:
    return value.startswith(text) if name == "prefix" else value.endswith(text)


def _anything_but(operand: Any) -> Test:
    if isinstance(operand, Mapping):
        if len(operand) != 1:
            raise PatternError(f"anything-but takes one operator: {dict(operand)!r}")
        name, inner = next(iter(operand.items()))
        tests = [_text(name, item) for item in (inner if isinstance(inner, list) else [inner])]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if not values or any(isinstance(item, bool | list | Mapping) or item is None for item in values):
            raise PatternError("anything-but takes strings and numbers")
        tests = [_equals(item) for item in values]
    return lambda value: value is not MISSING and not any(test(value) for test in tests)


def _numeric(operand: Any) -> Test:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise PatternError('numeric takes one or two comparisons, such as [">", 10, "<=", 20]')
    comparisons = list(zip(operand[::2], operand[1::2], strict=True))
    for symbol, bound in comparisons:
        if symbol not in _COMPARE or not _is_number(bound):
            raise PatternError(f"numeric does not know the comparison {symbol!r} with {bound!r}")
    return lambda value: _is_number(value) and all(_COMPARE[symbol](value, bound) for symbol, bound in comparisons)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _string(name: str, operand: Any) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"{name} takes a string, not {operand!r}")
    return operand
