"""The grammar of Timestream for LiveAnalytics where it is more, or other, than Trino's.

Developer guide, "Supported data types", "Date / time operators" and "Functions".
"""

from __future__ import annotations

import re
from dataclasses import replace

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import timestream_functions as functions
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.statements import StatementGrammar

_UNITS = {"ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second", "m": "minute", "h": "hour",
          "d": "day"}  # fmt: skip
_PARTS = {"millisecond": 1, "microsecond": 1000, "nanosecond": 1_000_000}
"""Units below the second, by how many of them a millisecond has."""
_FINEST = 6
"""Digits of a second that are kept; Timestream's types have nine."""


class TimestreamGrammar(StatementGrammar):
    """Durations such as ``5m``, Timestream's functions, and its types: there is no decimal and no time zone, and a
    timestamp has every digit that it can have."""

    timestream = True

    def _primary(self) -> tree.Expression:
        if self.token.kind == "duration":
            return self._duration()
        found = super()._primary()
        match found:
            case tree.Decimal():
                return tree.Double(found.text, place=found.place)
            case tree.CurrentTime(kind="current_timestamp" | "localtimestamp"):
                return _now(found.place)
            case tree.CurrentTime(kind="current_time"):
                return replace(found, kind="localtime")
            case tree.Cast(safe=True):
                raise self._refused(found.place, "TRY_CAST")
            case tree.Typed() if found.type.name == "timestamp":
                return replace(found, text=re.sub(rf"(\.\d{{{_FINEST}}})0+$", r"\1", found.text))
            case _:
                return found

    def _duration(self) -> tree.Expression:
        token = self.advance()
        number, unit = re.match(r"(\d+)(\w+)", token.raw).groups()  # type: ignore[union-attr]
        unit = _UNITS.get(unit.lower(), unit.lower())
        if unit in _PARTS:
            milliseconds, rest = divmod(int(number), _PARTS[unit])
            if rest:
                raise self._refused(token.place, f"The duration {token.raw}, finer than a millisecond,")
            number, unit = f"{milliseconds // 1000}.{milliseconds % 1000:03}", "second"
        return tree.Interval(1, number, unit, place=token.place)

    def call(self, name: tree.Identifier) -> tree.Expression:
        found = super().call(name)
        if not isinstance(found, tree.Call):
            return found
        if found.name in functions.REWRITTEN:
            return self._rewritten(found)
        if found.name in functions.OWN:
            return replace(found, timestream=True)
        if found.name in functions.SHARED:
            return found
        if found.name in functions.REFUSED:
            raise self._refused(found.place, f"Function {found.name}")
        raise QueryError("FUNCTION_NOT_FOUND", f"{found.place}: Function '{found.name}' not registered")

    def _rewritten(self, call: tree.Call) -> tree.Expression:
        wanted = 1 if call.name == "ago" else 0
        if len(call.arguments) != wanted or call.over or call.star:
            raise QueryError("FUNCTION_NOT_FOUND", f"{call.place}: Unexpected parameters for function {call.name}")
        if call.name == "now":
            return _now(call.place)
        return tree.Arithmetic("-", _now(call.place), call.arguments[0], place=call.place)

    def _time(self, name: str, place: tree.Place) -> tree.TypeName:
        found = super()._time(name, place)
        if found.name.endswith("zone"):
            raise self._refused(place, f"Type {found.name}")
        return found if found.numbers or found.name != "timestamp" else replace(found, numbers=(_FINEST,))

    @staticmethod
    def _refused(place: tree.Place, what: str) -> QueryError:
        return QueryError("NOT_SUPPORTED", f"{place}: {what} is not supported here")


def _now(place: tree.Place) -> tree.CurrentTime:
    return tree.CurrentTime("localtimestamp", place=place)
