"""Patterns of index names, in which ``*`` is any text."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    """A pattern with ``*``."""
    escaped = "".join(each if each == "*" else f"[{each}]" if each in "?[" else each for each in text)
    return re.compile(translate(escaped))


def overlap(one: str, other: str) -> bool:
    """Whether a name may match both patterns."""
    reachable = {(0, 0)}
    pending = [(0, 0)]
    while pending:
        left, right = pending.pop()
        if left == len(one) and right == len(other):
            return True
        for step in _steps(one, other, left, right):
            if step not in reachable:
                reachable.add(step)
                pending.append(step)
    return False


def _steps(one: str, other: str, left: int, right: int) -> list[tuple[int, int]]:
    first, second = one[left : left + 1], other[right : right + 1]
    steps = []
    if first == "*":
        steps += [(left + 1, right), *([(left, right + 1)] if second else [])]
    if second == "*":
        steps += [(left, right + 1), *([(left + 1, right)] if first else [])]
    if first and second and "*" not in (first, second) and first == second:
        steps.append((left + 1, right + 1))
    return steps
