"""Every change that we make to ministack: a module or a folder for each of its services, all in one list.

``listed.PATCHES`` says what is replaced, why, and whether it is a fault of ministack's or a wish of ours. ministack is
pinned exactly; the start fails when a name that is patched is gone, so an upgrade cannot silently undo one, and when
a module replaces anything else than it is listed for.

A module here has ``apply``, which imports what it patches inside it and asks for what it needs by name: ``manifest``
where it keeps files, ``load`` to restore the state, ``engine`` where it sends ministack's functions to the engine of
the same name.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from aws_stage.kernel.engine import Engine
from aws_stage.patches.listed import PATCHES, modules
from aws_stage.patches.replace import recording
from aws_stage.storage.manifest.manifest import Manifest


def apply(manifest: Manifest, load: Callable[[], None]) -> None:
    """Patch ministack, but for what needs an engine. Raises AttributeError when a patched name no longer exists."""
    for name in modules():
        if "engine" not in _asked_for(name):
            _apply(name, {"manifest": manifest, "load": load})


def hook(engines: Iterable[Engine]) -> None:
    """Let ministack use the engines that work beneath it; raises AttributeError as ``apply`` does."""
    by_name = {engine.name: engine for engine in engines}
    for name in modules():
        if "engine" in _asked_for(name):
            _apply(name, {"engine": by_name[name]})


def _asked_for(name: str) -> list[str]:
    return list(inspect.signature(_module(name).apply).parameters)


def _apply(name: str, given: dict[str, Any]) -> None:
    with recording() as replaced:
        _module(name).apply(*(given[each] for each in _asked_for(name)))
    listed = {place for patch in PATCHES if patch.module == name for place in patch.places}
    if replaced != listed:
        different = ", ".join(".".join(place) for place in sorted(replaced ^ listed))
        raise AttributeError(f"patches.{name} is listed for other names than it replaces: {different}")


def _module(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")
