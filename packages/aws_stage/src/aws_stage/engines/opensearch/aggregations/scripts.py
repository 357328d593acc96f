"""The arithmetic of ``bucket_script``: what Dashboards sends of Painless, and no more of it.

Numbers, ``params.x``, ``null``, ``+ - * / %``, comparisons, ``&& || !``, ``? :`` and parentheses, as Java evaluates
them: numbers without a point are whole, and divide so; values of buckets are doubles.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, unsupported

Value = int | float | bool | None
Expression = Callable[[Mapping[str, Value]], Value]

_TOKEN = re.compile(
    r"\s*(?:(\d+\.\d*|\.\d+|\d+)|(params\.[A-Za-z_]\w*)|(null|true|false)\b|(&&|\|\||[<>=!]=|[-+*/%<>!?:()]))"
)
_LONGEST = 4096
_DEEPEST = 50
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/", "%"),
)
_COMPARE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


def compiled(source: str) -> Expression:
    """The script; raises SearchError for anything but arithmetic."""
    if len(source) > _LONGEST:
        raise unsupported(f"A script of more than {_LONGEST} characters")
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source.strip().removesuffix(";").removeprefix("return ").strip()
        self._tokens = list(self._split())
        self._position = 0
        self._depth = 0

    def parse(self) -> Expression:
        found = self._ternary()
        if self._position != len(self._tokens):
            raise self._refused()
        return found

    def _split(self) -> list[str]:
        tokens, position = [], 0
        while position < len(self._source.rstrip()):
            token = _TOKEN.match(self._source, position)
            if token is None:
                raise self._refused()
            tokens.append(token[0].strip())
            position = token.end()
        return tokens

    def _refused(self) -> SearchError:
        return unsupported(f"The script [{self._source}], which is not arithmetic of params,")

    def _next(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._next()
        if token not in wanted:
            return ""
        self._position += 1
        return token

    def _ternary(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused()
        test = self._binary(0)
        if self._take("?"):
            yes = self._ternary()
            if not self._take(":"):
                raise self._refused()
            no = self._ternary()
            condition = test
            test = lambda params: yes(params) if condition(params) else no(params)  # noqa: E731
        self._depth -= 1
        return test

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self._take(*_LEVELS[level]):
            left = _operation(sign, left, self._binary(level + 1))
        return left

    def _unary(self) -> Expression:
        if self._take("-"):
            inner = self._unary()
            return lambda params: -_number(inner(params))
        if self._take("!"):
            inner = self._unary()
            return lambda params: not inner(params)
        if self._take("("):
            inside = self._ternary()
            if not self._take(")"):
                raise self._refused()
            return inside
        token = self._next()
        self._position += 1
        if token.startswith("params."):
            name = token.removeprefix("params.")
            return lambda params: params.get(name)
        if token in ("null", "true", "false"):
            constant: Value = {"null": None, "true": True, "false": False}[token]
            return lambda _params: constant
        if not token or not (token[0].isdecimal() or token[0] == "."):
            raise self._refused()
        number = int(token) if token.isdecimal() else float(token)
        return lambda _params: number


def _operation(sign: str, left: Expression, right: Expression) -> Expression:
    if sign == "||":
        return lambda params: bool(left(params)) or bool(right(params))
    if sign == "&&":
        return lambda params: bool(left(params)) and bool(right(params))
    if sign == "==":
        return lambda params: left(params) == right(params)
    if sign == "!=":
        return lambda params: left(params) != right(params)
    if sign in _COMPARE:
        compare: Callable[[Any, Any], bool] = _COMPARE[sign]
        return lambda params: compare(_number(left(params)), _number(right(params)))
    return lambda params: _computed(sign, _number(left(params)), _number(right(params)))


def _number(value: Value) -> float:
    if value is None or isinstance(value, bool):
        shown = "null" if value is None else "a boolean"
        raise SearchError("script_exception", f"runtime error: {shown} where a number is due", phase=True)
    return value


def _computed(sign: str, left: float, right: float) -> float:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        if isinstance(left, int) and isinstance(right, int):
            raise SearchError("script_exception", "runtime error: / by zero", phase=True)
        if sign == "%" or left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if sign == "/" else left - quotient * right
    return left / right if sign == "/" else math.fmod(left, right)
