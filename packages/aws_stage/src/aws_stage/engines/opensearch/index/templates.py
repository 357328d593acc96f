"""Index templates: what an index gets by its name when it is made."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch.errors import illegal, only, unsupported
from aws_stage.engines.opensearch.index.indices import aliases_of, settings_of
from aws_stage.engines.opensearch.index.mapping import Mapping
from aws_stage.engines.opensearch.index.patterns import overlap

_KEYS = frozenset({"index_patterns", "template", "priority", "version", "_meta", "composed_of"})


def check_template(name: str, body: dict[str, Any], others: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The template that is kept; raises SearchError for one that the stage, or another template, does not allow."""
    only(body, _KEYS | {"data_stream"}, "index_template")
    if "data_stream" in body:
        raise unsupported("A data stream")
    if body.get("composed_of"):
        raise unsupported("composed_of (component templates)")
    patterns = body.get("index_patterns")
    patterns = [patterns] if isinstance(patterns, str) else patterns
    if not patterns:
        raise illegal(f"index template [{name}] must have index patterns")
    template = body.get("template") or {}
    only(template, {"settings", "mappings", "aliases"}, "template")
    Mapping.parse(template.get("mappings") or {})
    settings_of(template.get("settings") or {})
    aliases_of(template.get("aliases") or {})
    priority = body.get("priority") or 0
    for other, held in others.items():
        same = other != name and (held.get("priority") or 0) == priority
        if same and any(overlap(mine, theirs) for mine in patterns for theirs in held["index_patterns"]):
            raise illegal(
                f"index template [{name}] has index patterns {patterns} matching patterns from existing templates "
                f"[{other}] with patterns ({other} => {held['index_patterns']}) that have the same priority "
                f"[{priority}], multiple index templates may not match during index creation, please use a different "
                "priority"
            )
    return {**body, "index_patterns": patterns, "composed_of": []}
