"""The state of services: its files are the stage's, and what is kept elsewhere is not in them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from aws_stage.patches.replace import replace


def apply(load: Callable[[], None]) -> None:
    """Leave the state files to the stage: ``load`` raises where ministack would go on with an empty service.

    ministack writes them when it stops as well; by then the stage has.
    """
    from ministack import app

    replace(app, "_load_persisted_state", load)
    replace(app, "save_all", lambda _services: None)
    replace(app, "BANNER", "ministack starts behind the gateway of port {port}")


def keep_apart(module: ModuleType, parts: Mapping[str, Callable[[], Any]]) -> None:
    """Let ``module.get_state`` give, for each name in ``parts``, what its function gives.

    In these modules a part ``x`` of the state is the global ``_x``; raises AttributeError when that is not so.
    """
    names = tuple(module.get_state())
    missing = [name for name in (*names, *parts) if not hasattr(module, f"_{name}") or name not in names]
    if missing:
        raise AttributeError(f"{module.__name__} keeps {', '.join(missing)} in another way than was patched")

    def get_state() -> dict[str, Any]:
        rest = {name: copy.deepcopy(getattr(module, f"_{name}")) for name in names if name not in parts}
        return {**rest, **{name: part() for name, part in parts.items()}}

    replace(module, "get_state", get_state)
