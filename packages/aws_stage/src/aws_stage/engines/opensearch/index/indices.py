"""Which indices a name means, and how one is made: names, patterns, aliases, templates."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, illegal, index_not_found, unsupported
from aws_stage.engines.opensearch.index.catalogue import Catalogue, Index
from aws_stage.engines.opensearch.index.mapping import Mapping
from aws_stage.engines.opensearch.index.patterns import pattern
from aws_stage.engines.opensearch.index.policies import attached, policy_for

_FORBIDDEN = re.compile(r'[\\/*?"<>| ,#:]')
_SETTINGS = frozenset(
    {
        "number_of_shards",
        "number_of_replicas",
        "refresh_interval",
        "codec",
        "mapping.total_fields.limit",
        "max_result_window",
        "auto_expand_replicas",
    }
)
"""Settings that are kept and shown, of which none changes what is found."""


def check_name(name: str) -> None:
    """Raise for a name that no index may have."""
    reason = None
    if name != name.lower():
        reason = "must be lowercase"
    elif _FORBIDDEN.search(name):
        reason = 'must not contain the following characters [ , ", *, \\, <, |, ,, >, /, ?]'
    elif name.startswith(("_", "-", "+")):
        reason = "must not start with '_', '-', or '+'"
    elif name in ("", ".", "..") or len(name.encode()) > 255:
        reason = "must not be empty, '.' or '..', or longer than 255 bytes"
    if reason:
        members = {"index": name, "index_uuid": "_na_"}
        raise SearchError("invalid_index_name_exception", f"Invalid index name [{name}], {reason}", members=members)


def resolved(catalogue: Catalogue, names: str, *, lenient: bool = False, empty: bool = True) -> list[Index]:
    """The indices that a comma-separated list of names, patterns and aliases means, by name.

    ``lenient``: a name that there is not is passed over; ``empty``: a pattern may match none. Raises SearchError.
    """
    indices = catalogue.indices
    found: dict[str, Index] = {}
    for name in names.split(",") if names else ["_all"]:
        if name == "_all" or "*" in name:
            wanted = pattern("*" if name == "_all" else name.removeprefix("-"))
            matching = [each for each in indices.values() if _is_named(each, wanted)]
            if name.startswith("-"):
                found = {each: index for each, index in found.items() if not wanted.fullmatch(each)}
            elif not matching and not empty:
                raise index_not_found(name)
            else:
                found.update({each.name: each for each in matching})
        elif name in indices:
            found[name] = indices[name]
        else:
            aliased = [each for each in indices.values() if name in each.aliases]
            if not aliased and not lenient:
                raise index_not_found(name)
            found.update({each.name: each for each in aliased})
    return [found[name] for name in sorted(found)]


def write_target(catalogue: Catalogue, name: str) -> Index | None:
    """The index that a document goes to; None when it is still to be made."""
    if name in catalogue.indices:
        return catalogue.indices[name]
    aliased = [each for each in catalogue.indices.values() if name in each.aliases]
    if not aliased:
        return None
    writers = [each for each in aliased if each.aliases[name].get("is_write_index")]
    if len(writers) == 1:
        return writers[0]
    if len(aliased) == 1 and aliased[0].aliases[name].get("is_write_index") is not False:
        return aliased[0]
    raise illegal(
        f"no write index is defined for alias [{name}]. The write index may be explicitly disabled using "
        "is_write_index=false or the alias points to multiple indices without one being designated as a write index"
    )


def new_index(catalogue: Catalogue, name: str, body: dict[str, Any], now_ms: int) -> Index:
    """An index as a request and the template that matches it say; raises SearchError. It has no table yet."""
    check_name(name)
    if name in catalogue.indices:
        members = {"index": name, "index_uuid": catalogue.indices[name].uuid}
        reason = f"index [{name}/{catalogue.indices[name].uuid}] already exists"
        raise SearchError("resource_already_exists_exception", reason, members=members)
    if any(name in each.aliases for each in catalogue.indices.values()):
        members = {"index": name, "index_uuid": "_na_"}
        reason = f"Invalid index name [{name}], already exists as alias"
        raise SearchError("invalid_index_name_exception", reason, members=members)
    for key in body:
        if key not in ("mappings", "settings", "aliases"):
            raise SearchError("parse_exception", f"unknown key [{key}] for create index")
    template = matching_template(catalogue.templates, name)
    mapping = Mapping.parse(template.get("mappings") or {}).merged(Mapping.parse(body.get("mappings") or {}))
    policy = policy_for(catalogue.policies, name)
    return Index(
        name=name,
        uuid=uuid.uuid4().hex[:22],
        table="",
        created=now_ms,
        mapping=mapping,
        settings={
            "number_of_shards": "1",
            "number_of_replicas": "1",
            **settings_of(template.get("settings") or {}),
            **settings_of(body.get("settings") or {}),
        },
        aliases={**aliases_of(template.get("aliases") or {}), **aliases_of(body.get("aliases") or {})},
        managed=None if policy is None else attached(catalogue.policies[policy], now_ms),
    )


def settings_of(document: dict[str, Any]) -> dict[str, str]:
    """Settings, flat, without ``index.``; raises for one that the stage does not know."""
    found: dict[str, str] = {}

    def add(prefix: str, value: Any) -> None:
        if isinstance(value, dict) and (value or not prefix):
            for key, inner in value.items():
                add(f"{prefix}.{key}" if prefix else key, inner)
            return
        name = prefix.removeprefix("index.")
        if name not in _SETTINGS:
            raise unsupported(f"The setting [index.{name}]")
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)

    add("", document)
    return found


def aliases_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Aliases; raises for one that filters or routes."""
    for name, options in document.items():
        for key in options:
            if key not in ("is_write_index", "is_hidden"):
                raise unsupported(f"[{key}] of the alias [{name}]")
    return {name: dict(options) for name, options in document.items()}


def matching_template(templates: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """What the template of the highest priority that matches says; empty when none does."""
    matching = [each for each in templates.values() if any(pattern(p).fullmatch(name) for p in each["index_patterns"])]
    best = max(matching, key=lambda each: each.get("priority") or 0, default={})
    found: dict[str, Any] = best.get("template") or {}
    return found


def _is_named(index: Index, wanted: re.Pattern[str]) -> bool:
    names: Iterable[str] = (index.name, *index.aliases)
    return any(map(wanted.fullmatch, names))
