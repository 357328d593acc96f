"""What a table of functions holds, and how a call finds its overload.

A table maps a function's name to its overloads, most specific first. An overload is a signature's text and how the call
is written: a template (``{0}`` is the first argument, ``{f1}`` the lambda that is the second one), or a function of the
fitted arguments for what a template cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from trino_on_duckdb.comparisons import carried_zones
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.refused import is_refused
from trino_on_duckdb.functions.signatures import Argument, Fit, PendingLambda, fit, signature
from trino_on_duckdb.types import carries_zone
from trino_on_duckdb.values import Value, failure, is_simple, made_of, once, once_each, quoted

Writer: TypeAlias = Callable[[Fit], "str | Value"]


@dataclass(frozen=True)
class Overload:
    """``paired`` says that DuckDB gives a lambda its two parameters as one pair or map entry; ``volatile`` that two
    calls may differ."""

    signature: str
    how: str | Writer
    paired: bool = False
    volatile: bool = False


Table: TypeAlias = Mapping[str, Sequence[Overload]]

_ARGUMENT = re.compile(r"\{(\d+)\}")


def resolve(name: str, overloads: Sequence[Overload], arguments: Sequence[Argument], place: object) -> Value:
    """The call of the first overload that fits as it is, else of the first that fits with coercions."""
    for exact in (True, False):
        for overload in overloads:
            found = fit(signature(overload.signature), arguments, exact=exact, paired=overload.paired)
            if found is not None:
                return write(overload, found)
    kinds = ["function" if isinstance(each, PendingLambda) else each.type.kind for each in arguments]
    if is_refused(name.lower(), kinds):
        problem = f"{place}: Function {name}({', '.join(kinds)}) is not supported by the local Athena"
        raise QueryError("NOT_SUPPORTED", problem)
    if any(isinstance(each, Value) and carries_zone(each.type) for each in arguments):
        raise carried_zones(f"{place}: Function {name}")
    given = ", ".join("function" if isinstance(each, PendingLambda) else str(each.type) for each in arguments)
    expected = ", ".join(f"{name}({overload.signature.partition('->')[0].strip()})" for overload in overloads)
    raise QueryError(
        "FUNCTION_NOT_FOUND", f"{place}: Unexpected parameters ({given}) for function {name}. Expected: {expected}"
    )


def write(overload: Overload, found: Fit) -> Value:
    """The call written out."""
    if callable(overload.how):
        written = overload.how(found)
        if isinstance(written, Value):
            return written
        sql = written
    else:
        sql = fill(overload.how, found)
    value = made_of(sql, found.result, found.values)
    return Value(sql, value.type, constant=value.constant, volatile=value.volatile or overload.volatile)


def fill(template: str, found: Fit) -> str:
    """A template with its arguments; one that it names twice is evaluated once."""
    lambdas = {f"f{index}": text.sql for index, text in found.lambdas.items()}
    used = [int(index) for index in _ARGUMENT.findall(template)]
    repeated = sorted({index for index in used if used.count(index) > 1 and not is_simple(found.values[index].sql)})
    texts = {str(index): value.sql for index, value in enumerate(found.values)}

    def body(*names: str) -> str:
        replaced = {**texts, **{str(index): name for index, name in zip(repeated, names, strict=True)}}
        return _fill(template, replaced, lambdas)

    return once_each([texts[str(index)] for index in repeated], body)


def _fill(template: str, arguments: Mapping[str, str], lambdas: Mapping[str, str]) -> str:
    return re.sub(r"\{(f?\d+)\}", lambda match: {**arguments, **lambdas}[match[1]], template)


def overloads(*pairs: tuple[str, str | Writer]) -> list[Overload]:
    """Overloads from signatures and how each is written."""
    return [Overload(text, how) for text, how in pairs]


def one(text: str, how: str | Writer, *, paired: bool = False, volatile: bool = False) -> list[Overload]:
    """A function with a single signature."""
    return [Overload(text, how, paired, volatile)]


def matching(pattern: str, then: str, code: str, problem: str) -> Writer:
    """A function of a text that must be of a pattern; ``then`` is the template for one that is."""

    def write(found: Fit) -> str:
        def body(text: str) -> str:
            fails = failure(code, f"{quoted(problem)} || {text}", found.result)
            matches = f"regexp_full_match({text}, {quoted(pattern)})"
            return f"CASE WHEN {matches} THEN {then.format(text)} WHEN {text} IS NOT NULL THEN {fails} END"

        return once(found.values[0].sql, body)

    return write


def literal_text(value: Value, what: str, name: str) -> str:
    """The text of an argument that must be a literal here; QueryError (NOT_SUPPORTED) when it is computed."""
    if not isinstance(value.literal, str):
        raise QueryError("NOT_SUPPORTED", f"{name}: the {what} must be a literal text in the local Athena")
    return value.literal
