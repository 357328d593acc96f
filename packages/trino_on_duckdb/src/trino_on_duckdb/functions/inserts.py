"""What stands inside and after an aggregate or window call, put into the text that its table gave.

Arguments are marked while a template is filled and put in at the end, all at once, so that no text of a query can be
taken for a mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trino_on_duckdb.values import Value

_MARK = re.compile(r"\{(d|o|t|and|w|n)\}|_argument(\d+)_")


@dataclass(frozen=True)
class Inserts:
    """``order`` is what follows ORDER BY, ``condition`` the FILTER's, ``over`` the OVER clause in parentheses."""

    distinct: bool = False
    order: str = ""
    condition: str | None = None
    over: str | None = None
    ignore_nulls: bool = False

    def texts(self) -> dict[str, str]:
        over = f" OVER {self.over}" if self.over is not None else ""
        filtered = f" FILTER (WHERE {self.condition})" if self.condition is not None else ""
        return {
            "d": "DISTINCT " if self.distinct else "",
            "o": f" ORDER BY {self.order}" if self.order else "",
            "t": filtered + over,
            "and": f" AND {self.condition}" if self.condition is not None else "",
            "w": over,
            "n": " IGNORE NULLS" if self.ignore_nulls else "",
        }


def placeholder(index: int, value: Value) -> Value:
    """A value that stands for an argument until ``insert``."""
    return replace(value, sql=f"_argument{index}_")


def insert(sql: str, arguments: Sequence[Value], inserts: Inserts) -> str:
    """The text with its arguments and inserts in place."""
    texts = inserts.texts()
    return _MARK.sub(lambda match: texts[match[1]] if match[1] else arguments[int(match[2])].sql, sql)
