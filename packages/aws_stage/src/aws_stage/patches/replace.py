"""How a patch is put in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any


def replace(module: ModuleType, name: str, value: Any) -> Any:
    """Set ``module.name`` and return what it was; raises AttributeError when there is no such name."""
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__}.{name} is gone: this ministack is not the one that was patched")
    original = getattr(module, name)
    setattr(module, name, value)
    return original


def wrap(module: ModuleType, name: str, around: Callable[..., Any]) -> None:
    """Let ``around(original, *args)`` answer for the function ``module.name``; raises AttributeError as ``replace``."""
    replace(module, name, partial(around, getattr(module, name, None)))
