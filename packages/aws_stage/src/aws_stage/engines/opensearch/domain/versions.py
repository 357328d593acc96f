"""Which versions there are to choose from."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch.domain.domain import VERSIONS
from aws_stage.kernel.engine import Call


def list_versions(_call: Call) -> dict[str, Any]:
    """ListVersions: newest first, on one page."""
    return {"Versions": list(reversed(VERSIONS))}


def compatible_versions(_call: Call) -> dict[str, Any]:
    """GetCompatibleVersions: a domain here is never upgraded, so there are none."""
    return {"CompatibleVersions": []}
