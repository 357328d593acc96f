"""Which parts of a document a hit shows: ``_source`` with includes and excludes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import only, parsing
from aws_stage.engines.opensearch.index.patterns import pattern

Show = Callable[[str], Any]
"""What is shown of a document's text; None for nothing."""


def shown(given: Any) -> Show | None:
    """The ``_source`` of a request; None where no document is to be shown."""
    if given is True or given is None:
        return orjson.Fragment
    if given is False:
        return None
    if isinstance(given, str | list):
        includes, excludes = _patterns(given), []
    elif isinstance(given, dict):
        only(given, {"includes", "include", "excludes", "exclude"}, "_source")
        includes = _patterns(given.get("includes", given.get("include")) or [])
        excludes = _patterns(given.get("excludes", given.get("exclude")) or [])
    else:
        raise parsing("[_source] expects a boolean, a pattern, an array of them or an object")
    if not includes and not excludes:
        return orjson.Fragment
    return lambda text: filtered(orjson.loads(text), includes, excludes)


def filtered(document: dict[str, Any], includes: list[str], excludes: list[str], prefix: str = "") -> dict[str, Any]:
    """The parts of a document whose path matches ``includes`` (all when empty) and no pattern of ``excludes``."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        path = f"{prefix}{name}"
        if _matches(path, excludes):
            continue
        included = not includes or _matches(path, includes)
        if isinstance(value, dict):
            inner = filtered(value, [] if included else includes, excludes, f"{path}.")
            if inner or (included and not value):
                found[name] = inner
        elif included:
            found[name] = value
    return found


def _matches(path: str, patterns: list[str]) -> bool:
    return any(pattern(each).fullmatch(path) for each in patterns)


def _patterns(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else [str(each) for each in given]
