"""How a patch is put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import ModuleType
from typing import Any

Place = tuple[str, str]
"""A module of ministack, by its path beneath it, and a name there."""

_replaced: ContextVar[set[Place] | None] = ContextVar("replaced", default=None)


def replace(module: ModuleType, name: str, value: Any) -> Any:
    """Set ``module.name`` and return what it was; raises AttributeError when there is no such name."""
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__}.{name} is gone: this ministack is not the one that was patched")
    original = getattr(module, name)
    setattr(module, name, value)
    replaced = _replaced.get()
    if replaced is not None:
        replaced.add((module.__name__.removeprefix("ministack."), name))
    return original


def wrap(module: ModuleType, name: str, around: Callable[..., Any]) -> None:
    """Let ``around(original, *args)`` answer for the function ``module.name``; raises AttributeError as ``replace``."""
    replace(module, name, partial(around, getattr(module, name, None)))


@contextmanager
def recording() -> Iterator[set[Place]]:
    """Collects the places at which something is replaced inside."""
    places: set[Place] = set()
    token = _replaced.set(places)
    try:
        yield places
    finally:
        _replaced.reset(token)
