"""The names of types, as Athena's SQL and as Hive write them."""

from __future__ import annotations

import re

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax.stream import StuckError, TokenStream
from trino_on_duckdb.syntax.tree import Place, TypeName


class TypeGrammar(TokenStream):
    """``type`` of SqlBase.g4."""

    def type_name(self) -> TypeName:
        place = self.place
        if self.take("INTERVAL"):
            for start, end in (("YEAR", "MONTH"), ("DAY", "SECOND")):
                if self.take(start, "TO", end):
                    return TypeName(f"interval {start} to {end}".lower(), place=place)
            raise self.stuck("'YEAR TO MONTH', 'DAY TO SECOND'")
        if self.take("DOUBLE", "PRECISION"):
            return TypeName("double", place=place)
        if self.at_any("ARRAY", "MAP") and self.ahead(1).text == "<":
            raise self.refuse(f"{self.token.raw}<…>; write {self.token.raw}(…)")
        if self.at("ROW", "("):
            self.advance(2)
            fields, types = zip(*self.comma_separated(self._row_field), strict=True)
            self.expect(")")
            return TypeName("row", types=types, fields=fields, place=place)
        name = self.name().value.lower()
        if name == "timeseries" and not self.timestream:
            raise QueryError("TYPE_NOT_FOUND", f"{place}: Unknown type: {name}")
        if name in ("timestamp", "time"):
            return self._time(name, place)
        return self._parameters(name, place)

    def _time(self, name: str, place: Place) -> TypeName:
        numbers: tuple[int, ...] = ()
        if self.take("("):
            numbers = (self.integer(),)
            self.expect(")")
        if self.take("WITH", "TIME", "ZONE"):
            name += " with time zone"
        else:
            self.take("WITHOUT", "TIME", "ZONE")
        return TypeName(name, numbers, place=place)

    def _parameters(self, name: str, place: Place) -> TypeName:
        if not self.take("("):
            return TypeName(name, place=place)
        if self.token.kind == "integer":
            numbers = self.comma_separated(self.integer)
            self.expect(")")
            return TypeName(name, numbers, place=place)
        types = self.comma_separated(self.type_name)
        self.expect(")")
        return TypeName(name, types=types, place=place)

    def _row_field(self) -> tuple[str | None, TypeName]:
        def named() -> tuple[str | None, TypeName]:
            return self.name().value, self.type_name()

        def unnamed() -> tuple[str | None, TypeName]:
            found = self.type_name()
            if not self.at_any(",", ")"):
                raise self.stuck("',', ')'")
            return None, found

        return self.either(unnamed, named)


class _EveryType(TypeGrammar):
    timestream = True


def parse(text: str) -> TypeName:
    """The text of Athena's or Timestream's type; QueryError (TYPE_NOT_FOUND) when it is none."""
    try:
        grammar = _EveryType(text)
        found = grammar.type_name()
        grammar.end()
    except StuckError as error:
        raise QueryError("TYPE_NOT_FOUND", f"Unknown type: {text}") from error
    return found


_HIVE_TOKEN = re.compile(r"\s*([^\s<>(),:]+|[<>(),:])\s*")


def parse_hive(text: str) -> TypeName:
    """Hive's type text, ``struct<a:int,b:array<string>>``; names are lower case; QueryError when it is none."""
    words = _HIVE_TOKEN.findall(text)
    if "".join(words) != re.sub(r"\s+", "", text) or not words:
        raise QueryError("HIVE_METASTORE_ERROR", f"Unknown Hive type: {text}")
    words.reverse()
    try:
        found = _hive_type(words)
    except (IndexError, ValueError) as error:
        raise QueryError("HIVE_METASTORE_ERROR", f"Unknown Hive type: {text}") from error
    if words:
        raise QueryError("HIVE_METASTORE_ERROR", f"Unknown Hive type: {text}")
    return found


def _hive_type(words: list[str]) -> TypeName:
    name = words.pop().lower()
    if words and words[-1] == "(":
        numbers = []
        while words.pop() in ("(", ","):
            numbers.append(int(words.pop()))
            if words[-1] == ")":
                words.pop()
                break
        return TypeName(name, tuple(numbers))
    if name not in ("array", "map", "struct"):
        return TypeName(name)
    types: list[TypeName] = []
    fields: list[str | None] = []
    opener = words.pop()
    if opener != "<":
        raise ValueError(opener)
    while True:
        if name == "struct":
            fields.append(words.pop().lower().strip("`"))
            if words.pop() != ":":
                raise ValueError(name)
        types.append(_hive_type(words))
        separator = words.pop()
        if separator == ">":
            return TypeName(name, types=tuple(types), fields=tuple(fields))
        if separator != ",":
            raise ValueError(separator)
