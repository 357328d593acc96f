"""``Expression`` of ``glue:GetPartitions``: an SQL WHERE clause over a table's partition keys.

https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html lists its operators and the types of keys. What
is not on that list is refused: a filter that is passed over would give every partition, and tools delete what they get.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from aws_stage.kernel.engine import AwsError

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive writes a partition whose key is NULL."""
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))|(?P<quoted>\"[^\"]+\"|`[^`]+`)"
    r"|(?P<word>[^\W\d]\w*)|(?P<symbol><>|!=|<=|>=|[=<>(),]))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DEEPEST = 100
"""Brackets and NOTs inside one another."""

Values = Mapping[str, str]
Term = Callable[[Values], bool | None]
"""Whether a partition's values (by key) meet a term; None is SQL's unknown."""


def selected(expression: str, keys: Sequence[Mapping[str, Any]]) -> Callable[[Sequence[str]], bool]:
    """Whether a partition's values, in the order of ``keys`` (Glue's Columns), meet the expression.

    Raises InvalidInputException for one that cannot be read, that names something else than a key, or that compares a
    key with what is not of its type.
    """
    if not expression.strip():
        return lambda _values: True
    names = [str(key["Name"]).lower() for key in keys]
    term = _Reader(expression, {name: str(key.get("Type") or "string") for name, key in zip(names, keys, strict=True)})
    wanted = term.whole()
    return lambda values: wanted(dict(zip(names, values, strict=False))) is True


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind in ("word", "symbol") else ""


class _Reader:
    """Reads one expression, by descent: OR of ANDs of (NOT) conditions."""

    def __init__(self, expression: str, types: Mapping[str, str]) -> None:
        self._types = types
        self._expression = expression
        self._tokens = self._read(expression)
        self._position = 0
        self._depth = 0

    def whole(self) -> Term:
        term = self._either()
        if self._at.kind != "end":
            raise self._wrong()
        return term

    def _read(self, expression: str) -> list[_Token]:
        tokens, position, text = [], 0, expression.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise _invalid(f"Expression: cannot read {text[position : position + 20]!r} in {expression!r}")
            tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
            position = match.end()
        return [*tokens, _Token("end", "its end")]

    @property
    def _at(self) -> _Token:
        return self._tokens[self._position]

    def _next(self) -> _Token:
        token = self._at
        self._position += 1
        return token

    def _skip(self, word: str) -> bool:
        if self._at.upper != word:
            return False
        self._position += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self._wrong()

    def _wrong(self) -> AwsError:
        return _invalid(f"Expression: {self._at.text} is not expected there in {self._expression!r}")

    def _either(self) -> Term:
        terms = [self._both()]
        while self._skip("OR"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else _or(terms)

    def _both(self) -> Term:
        terms = [self._negated()]
        while self._skip("AND"):
            terms.append(self._negated())
        return terms[0] if len(terms) == 1 else _and(terms)

    def _negated(self) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _invalid(f"Expression: more than {_DEEPEST} brackets or NOTs are inside one another")
        try:
            if self._skip("NOT"):
                return _not(self._negated())
            if self._skip("("):
                inner = self._either()
                self._expect(")")
                return inner
            return self._condition()
        finally:
            self._depth -= 1

    def _condition(self) -> Term:
        key = self._key()
        if self._at.upper in _COMPARISONS:
            compare = _COMPARISONS[self._next().upper]
            wanted = self._literal(key)
            return self._known(key, lambda value: compare(value, wanted))
        if self._skip("IS"):
            negative = self._skip("NOT")
            self._expect("NULL")
            return lambda values: (values.get(key) == NULL_VALUE) is not negative
        negative = self._skip("NOT")
        term = self._range(key)
        return _not(term) if negative else term

    def _range(self, key: str) -> Term:
        """What may stand after NOT: IN, BETWEEN, LIKE."""
        if self._skip("IN"):
            self._expect("(")
            wanted = [self._literal(key)]
            while self._skip(","):
                wanted.append(self._literal(key))
            self._expect(")")
            return self._known(key, lambda value: value in wanted)
        if self._skip("BETWEEN"):
            low = self._literal(key)
            self._expect("AND")
            high = self._literal(key)
            return self._known(key, lambda value: low <= value <= high)
        if self._skip("LIKE"):
            if self._at.kind != "text":
                raise self._wrong()
            pattern = _like(_unquoted(self._next().text))
            return lambda values: pattern.fullmatch(values.get(key, "")) is not None
        raise self._wrong()

    def _key(self) -> str:
        token = self._at
        if token.kind not in ("word", "quoted"):
            raise self._wrong()
        name = (token.text[1:-1] if token.kind == "quoted" else token.text).lower()
        if name not in self._types:
            raise _invalid(f"Expression: {name} is not a partition key; the keys are {', '.join(self._types)}")
        self._position += 1
        return name

    def _literal(self, key: str) -> Any:
        """A literal as a value of the key's type."""
        token = self._next()
        if token.upper in ("DATE", "TIMESTAMP") and self._at.kind == "text":
            token = self._next()
        if token.kind not in ("text", "number"):
            self._position -= 1
            raise self._wrong()
        text = _unquoted(token.text) if token.kind == "text" else token.text
        return self._typed(key, text)

    def _typed(self, key: str, text: str) -> Any:
        kind = self._types[key].lower().partition("(")[0].strip()
        convert = _TYPES.get(kind)
        if convert is None:
            raise _invalid(f"Unknown type : '{kind}'")
        try:
            return convert(text)
        except (ValueError, InvalidOperation) as error:
            raise _invalid(f"Expression: {text!r} is not a {kind}, the type of the key {key}") from error

    def _known(self, key: str, holds: Callable[[Any], bool]) -> Term:
        """A condition on a key's value; unknown where the value is not of the key's type, as Hive's NULL is not."""

        def term(values: Values) -> bool | None:
            try:
                value = self._typed(key, values.get(key, NULL_VALUE))
            except AwsError:
                return None
            return holds(value)

        return term


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip())


_TYPES: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("string", "varchar", "char"), str),
    **dict.fromkeys(("int", "integer", "bigint", "long", "tinyint", "smallint"), int),
    "decimal": Decimal,
    "date": date.fromisoformat,
    "timestamp": _moment,
}
"""The types of keys that an expression may compare."""


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _like(pattern: str) -> Any:
    """Read by RE2, whose time grows with the text alone."""
    import re2

    parts = (".*" if letter == "%" else "." if letter == "_" else re2.escape(letter) for letter in pattern)
    return re2.compile("(?s)" + "".join(parts))


def _not(term: Term) -> Term:
    def negated(values: Values) -> bool | None:
        found = term(values)
        return None if found is None else not found

    return negated


def _and(terms: Sequence[Term]) -> Term:
    def both(values: Values) -> bool | None:
        found = [term(values) for term in terms]
        return False if False in found else None if None in found else True

    return both


def _or(terms: Sequence[Term]) -> Term:
    def either(values: Values) -> bool | None:
        found = [term(values) for term in terms]
        return True if True in found else None if None in found else False

    return either
