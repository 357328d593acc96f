"""CloudWatch's metric math: arithmetic, comparisons and the functions that dashboards and alarms use most.

A series is a value by period start; a number stands for itself in every period. A period without a value in every
series of an operation has no result, as in CloudWatch ("Using math expressions with CloudWatch metrics").
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

Series = dict[int, float]
Value = float | Series | list[Series]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<operator><=|>=|==|!=|&&|\|\||[-+*/^<>(),\[\]]))"
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||", "OR"),
    ("&&", "AND"),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/"),
)


class ExpressionError(Exception):
    """The expression is not metric math, or is metric math that is not supported; the message says which part."""


def evaluate(expression: str, series: Mapping[str, Series], periods: Sequence[int]) -> Value:
    """The value of ``expression`` over the series of other queries, by their ids; ``periods`` are all that there are.

    Raises ExpressionError.
    """
    parser = _Parser(expression, series, periods)
    try:
        value = parser.binary(0)
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply") from error
    parser.end()
    return value


def identifiers(expression: str) -> set[str]:
    """Every name in the expression that is not followed by a parenthesis."""
    tokens = _tokens(expression)
    return {
        text
        for position, (kind, text) in enumerate(tokens)
        if kind == "name"
        and text.upper() not in ("AND", "OR")
        and tokens[position + 1 : position + 2] != [("operator", "(")]
    }


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    expression = expression.strip()
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"the expression is not understood from {expression[position:]!r} on")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    """Parses and evaluates in one pass."""

    def __init__(self, expression: str, series: Mapping[str, Series], periods: Sequence[int]) -> None:
        self._tokens = _tokens(expression)
        self._series = series
        self._periods = periods
        self._position = 0

    def binary(self, level: int) -> Value:
        """An operation of ``level`` or one that binds tighter."""
        if level == len(_LEVELS):
            return self._power()
        left = self.binary(level + 1)
        while self._peek()[1].upper() in _LEVELS[level]:
            operator = self._take()[1].upper()
            left = _apply(_OPERATORS[operator], left, self.binary(level + 1))
        return left

    def end(self) -> None:
        """Raises ExpressionError when something is left over."""
        if self._position < len(self._tokens):
            raise ExpressionError(f"the expression goes on after its end: {self._peek()[1]!r}")

    def _power(self) -> Value:
        base = self._unary()
        if self._peek()[1] != "^":
            return base
        self._take()
        return _apply(_raised, base, self._power())

    def _unary(self) -> Value:
        if self._peek()[1] == "-":
            self._take()
            return _apply(lambda x, y: x * y, -1.0, self._unary())
        return self._atom()

    def _atom(self) -> Value:
        kind, text = self._take()
        if kind == "number":
            return float(text)
        if text == "(":
            value = self.binary(0)
            self._expect(")")
            return value
        if text == "[":
            return [_series(item) for item in self._items("]")]
        if kind != "name":
            raise ExpressionError(f"the expression has {text!r} where a value should be")
        if self._peek()[1] == "(":
            self._take()
            return self._call(text.upper())
        if text not in self._series:
            raise ExpressionError(f"the expression names {text!r}, and there is no query with that id")
        return self._series[text]

    def _call(self, name: str) -> Value:
        if name == "METRICS":
            part = self._take()[1][1:-1] if self._peek()[0] == "text" else ""
            self._expect(")")
            return [series for key, series in self._series.items() if part in key]
        function = self._fill if name == "FILL" else _FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"the local stage does not do the function {name} of metric math")
        arguments = self._items(")")
        try:
            return function(*arguments)
        except TypeError as error:
            raise ExpressionError(f"{name} does not take these {len(arguments)} arguments") from error

    def _fill(self, value: Value, filler: Value) -> Value:
        if isinstance(value, list):
            return [_series(self._fill(item, filler)) for item in value]
        series = _series(value)
        if not isinstance(filler, float):
            raise ExpressionError("the local stage fills the gaps of a metric with a number alone")
        return {period: series.get(period, filler) for period in self._periods}

    def _items(self, close: str) -> list[Value]:
        items = []
        while True:
            items.append(self.binary(0))
            text = self._take()[1]
            if text == close:
                return items
            if text != ",":
                raise ExpressionError(f"the expression has {text!r} where ',' or {close!r} should be")

    def _expect(self, wanted: str) -> None:
        found = self._take()[1]
        if found != wanted:
            raise ExpressionError(f"the expression has {found!r} where {wanted!r} should be")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._position] if self._position < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end":
            raise ExpressionError("the expression ends too soon")
        self._position += 1
        return token


def _apply(operation: Callable[[float, float], float | None], left: Value, right: Value) -> Value:
    if isinstance(left, list):
        return [_series(_apply(operation, item, right)) for item in left]
    if isinstance(right, list):
        return [_series(_apply(operation, left, item)) for item in right]
    if isinstance(left, float) and isinstance(right, float):
        result = operation(left, right)
        if result is None:
            raise ExpressionError("the expression divides by zero, or has a power that is no number")
        return result
    moments = set.intersection(*(set(side) for side in (left, right) if isinstance(side, dict)))
    results = {moment: operation(_at(left, moment), _at(right, moment)) for moment in moments}
    return {moment: result for moment, result in results.items() if result is not None}


def _at(value: float | Series, moment: int) -> float:
    return value if isinstance(value, float) else value[moment]


def _series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise ExpressionError("the expression has a number or a list where one metric should be")
    return value


def _aggregate(function: Callable[[list[float]], float]) -> Callable[[Value], Value]:
    def over(value: Value) -> Value:
        if isinstance(value, dict):  # of one metric: a single number over the whole range
            return function(list(value.values())) if value else {}
        if isinstance(value, float):
            return value
        moments = set().union(*value)
        return {moment: function([series[moment] for series in value if moment in series]) for moment in moments}

    return over


def _if(condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    if isinstance(condition, float):
        chosen = then if condition else otherwise
        return {} if chosen is None else chosen
    result: Series = {}
    for moment, truth in _series(condition).items():
        branch = then if truth else otherwise
        if isinstance(branch, float):
            result[moment] = branch
        elif isinstance(branch, dict) and moment in branch:
            result[moment] = branch[moment]
    return result


def _each(function: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda value: _apply(lambda x, _: function(x), value, 0.0)


def _raised(base: float, exponent: float) -> float | None:
    """None where the power is no number: of zero, of a negative one, or beyond any double."""
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return None
    return result if isinstance(result, float) else None


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


_OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": _divide,
    "<": lambda x, y: float(x < y),
    "<=": lambda x, y: float(x <= y),
    ">": lambda x, y: float(x > y),
    ">=": lambda x, y: float(x >= y),
    "==": lambda x, y: float(x == y),
    "!=": lambda x, y: float(x != y),
    "&&": lambda x, y: float(bool(x) and bool(y)),
    "AND": lambda x, y: float(bool(x) and bool(y)),
    "||": lambda x, y: float(bool(x) or bool(y)),
    "OR": lambda x, y: float(bool(x) or bool(y)),
}

_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "SUM": _aggregate(sum),
    "AVG": _aggregate(lambda values: sum(values) / len(values)),
    "MIN": _aggregate(min),
    "MAX": _aggregate(max),
    "ABS": _each(abs),
    "CEIL": _each(lambda x: float(math.ceil(x))),
    "FLOOR": _each(lambda x: float(math.floor(x))),
    "IF": _if,
}
