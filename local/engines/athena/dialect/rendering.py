"""Values as Athena writes them in GetQueryResults and in its CSV files."""

from __future__ import annotations

from typing import Any

from local.engines.athena.dialect.types import Type


def render(value: Any, type_: Type) -> str | None:
    """See ``dialect.render``."""
    del type_
    return None if value is None else str(value)
