"""Regular expressions of users run on RE2, as on AWS: its time grows with the text alone, whatever the pattern.

ministack runs them on Python's engine, which backtracks, and holds the stage while it does.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from aws_stage.patches.replace import replace


class Expressions:
    """The module ``re`` as a patched module sees it: ``compile`` is RE2's, and with it ``error``.

    The modules that see it compile their own patterns when they are imported, so what comes later is a user's.
    """

    def __init__(self) -> None:
        import re2

        self._re2: Any = re2
        self.error = re2.error

    def compile(self, pattern: str, flags: int = 0) -> Any:
        options = self._re2.Options()
        options.log_errors = False
        options.case_sensitive = not flags & re.IGNORECASE
        return self._re2.compile(pattern, options)

    def __getattr__(self, name: str) -> Any:
        return getattr(re, name)


def apply() -> None:
    from ministack.services import cloudwatch_logs, glue, sns

    modules: tuple[ModuleType, ...] = (cloudwatch_logs, glue)  # Insights' ``like``; GetUserDefinedFunctions' Pattern
    for module in modules:
        replace(module, "re", Expressions())
    replace(sns, "_wildcard_matches", wildcard_matches)


def wildcard_matches(value: str, pattern: str) -> bool:
    """Whether a text matches, in which ``*`` stands for anything: each piece at its first place after the last."""
    first, *rest = pattern.split("*")
    if not rest:
        return value == pattern
    *middle, last = rest
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    position, end = len(first), len(value) - len(last)
    for piece in middle:
        found = value.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
