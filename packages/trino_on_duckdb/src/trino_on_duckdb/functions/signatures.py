"""Signatures as text, ``array(T), function(T, boolean) -> array(T)``, and how arguments are fitted to them.

A pattern is a type with any size, precision or zone; or a letter that stands for a type: ``N`` an integer type, ``Q`` a
number, ``S`` a date or timestamp, ``O`` a type with an order, ``E`` one with equality, any other letter any type. The
same letter is the same type throughout; arguments become it as Trino's implicit coercions allow. ``…`` after the last
parameter lets it repeat (or be absent).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from trino_on_duckdb import types
from trino_on_duckdb.coercions import can_coerce, coerce, common, same_layout
from trino_on_duckdb.comparisons import ORDERED, comparable
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value

_WORD = re.compile(r"\s*(->|…|[(),]|[A-Za-z_][A-Za-z_ ]*[A-Za-z_]|[A-Za-z])\s*")


@dataclass(frozen=True)
class Pattern:
    """``name`` is a type's kind or a letter."""

    name: str
    items: tuple[Pattern, ...] = ()

    @property
    def is_letter(self) -> bool:
        return len(self.name) == 1


@dataclass(frozen=True)
class Signature:
    parameters: tuple[Pattern, ...]
    result: Pattern
    repeats: bool = False

    def of(self, count: int) -> tuple[Pattern, ...] | None:
        """The patterns of ``count`` arguments, or None when that many do not fit."""
        if not self.repeats:
            return self.parameters if len(self.parameters) == count else None
        fixed = len(self.parameters) - 1
        return self.parameters[:fixed] + self.parameters[-1:] * (count - fixed) if count >= fixed else None


@lru_cache(maxsize=4096)
def signature(text: str) -> Signature:
    """A signature from its text."""
    words = _WORD.findall(text)
    words.reverse()
    parameters: list[Pattern] = []
    repeats = False
    while words[-1] != "->":
        if words[-1] == ",":
            words.pop()
        parameters.append(_pattern(words))
        if words[-1] == "…":
            words.pop()
            repeats = True
    words.pop()
    return Signature(tuple(parameters), _pattern(words), repeats)


def _pattern(words: list[str]) -> Pattern:
    name = words.pop().strip()
    items: list[Pattern] = []
    if words and words[-1] == "(":
        while words.pop() in ("(", ","):
            items.append(_pattern(words))
            if words[-1] == ")":
                words.pop()
                break
    return Pattern(name, tuple(items))


@dataclass(frozen=True)
class LambdaText:
    """A lambda written in DuckDB's SQL: ``head`` is ``lambda a, b:``, ``body`` its value."""

    head: str
    body: Value

    @property
    def sql(self) -> str:
        return f"{self.head} {self.body.sql}"


@dataclass(frozen=True)
class PendingLambda:
    """A lambda whose parameters' types are not known yet."""

    count: int
    translate: Callable[[Sequence[Type], bool], LambdaText]
    """Takes the parameters' types, and whether DuckDB gives them as one pair."""


Argument = Value | PendingLambda
Letters = dict[str, Type]

_GROUPS: dict[str, Callable[[Type], bool]] = {
    "N": lambda type_: type_.kind in types.INTEGERS,
    "Q": lambda type_: type_.kind in types.NUMBERS,
    "S": lambda type_: type_.kind in types.TIMES,
    "O": lambda type_: type_.kind in ORDERED,
    "E": lambda type_: comparable(type_) and not types.carries_zone(type_),
}


@dataclass
class Fit:
    """Arguments fitted to a signature: coerced values, and the texts of lambdas."""

    values: list[Value] = field(default_factory=list)
    lambdas: dict[int, LambdaText] = field(default_factory=dict)
    letters: Letters = field(default_factory=dict)
    result: Type = types.UNKNOWN


def fit(wanted: Signature, arguments: Sequence[Argument], *, exact: bool, paired: bool = False) -> Fit | None:
    """The arguments as the signature takes them, or None if it does not."""
    patterns = wanted.of(len(arguments))
    if patterns is None:
        return None
    letters: Letters = {}
    for pattern, argument in zip(patterns, arguments, strict=True):
        is_lambda = isinstance(argument, PendingLambda)
        if is_lambda != (pattern.name == "function"):
            return None
        if isinstance(argument, Value) and not _unify(pattern, argument.type, letters, exact=exact):
            return None
    if not all(_GROUPS[letter](type_) for letter, type_ in letters.items() if letter in _GROUPS):
        return None
    found = Fit(letters=letters)
    for index, (pattern, argument) in enumerate(zip(patterns, arguments, strict=True)):
        if isinstance(argument, PendingLambda):
            text = _fit_lambda(pattern, argument, letters, paired=paired)
            if text is None:
                return None
            found.lambdas[index] = text
            found.values.append(text.body)
            continue
        target = substitute(pattern, letters, argument.type)
        if not can_coerce(argument.type, target):
            return None
        found.values.append(coerce(argument, target))
    found.result = substitute(wanted.result, letters, types.UNKNOWN)
    return found


def _fit_lambda(pattern: Pattern, argument: PendingLambda, letters: Letters, *, paired: bool) -> LambdaText | None:
    *parameters, result = pattern.items
    if len(parameters) != argument.count:
        return None
    text = argument.translate([substitute(each, letters, types.UNKNOWN) for each in parameters], paired)
    if result.is_letter and result.name not in letters:
        letters[result.name] = text.body.type
        return text
    target = substitute(result, letters, text.body.type)
    return LambdaText(text.head, coerce(text.body, target)) if can_coerce(text.body.type, target) else None


def _unify(pattern: Pattern, type_: Type, letters: Letters, *, exact: bool) -> bool:
    if pattern.is_letter:
        bound = letters.get(pattern.name)
        joined = type_ if bound is None else common(bound, type_)
        if joined is None or (exact and bound is not None and not same_layout(joined, bound)):
            return False
        letters[pattern.name] = joined
        return True
    if type_.kind == "unknown":
        return not exact
    if pattern.items:
        return (
            type_.kind == pattern.name
            and len(type_.items) == len(pattern.items)
            and all(_unify(p, t, letters, exact=exact) for p, t in zip(pattern.items, type_.items, strict=True))
        )
    if type_.kind == pattern.name:
        return True
    return not exact and can_coerce(type_, substitute(pattern, letters, type_))


def substitute(pattern: Pattern, letters: Letters, given: Type) -> Type:
    """The type that a pattern stands for; sizes and zones are those of ``given`` where it is of that kind."""
    if pattern.is_letter:
        return letters.get(pattern.name, types.UNKNOWN)
    if pattern.name == "row":
        items = tuple(substitute(item, letters, types.UNKNOWN) for item in pattern.items)
        return types.row_of(*items)
    if pattern.items:
        givens = given.items if given.kind == pattern.name else (types.UNKNOWN,) * len(pattern.items)
        return Type(pattern.name, items=tuple(map(lambda p, g: substitute(p, letters, g), pattern.items, givens)))
    if given.kind == pattern.name:
        return given
    match pattern.name:
        case "timestamp" | "timestamp with time zone":
            zoned = pattern.name != "timestamp"
            size = (
                given.size
                if given.kind in types.TIMES and given.size is not None
                else (0 if given.kind == "date" else 3)
            )
            return types.timestamp_of(size, (given.zone or "UTC") if zoned else None)
        case "decimal":
            joined = common(given, types.decimal_of(1, 0)) if given.kind in types.NUMBERS else None
            return joined if joined is not None and joined.kind == "decimal" else types.decimal_of(types.MAX_DECIMAL, 0)
        case "time":
            return types.TIME
        case _:
            return types.parse_type(pattern.name) if pattern.name != "unknown" else types.UNKNOWN
