"""Other names of indices.

docs.opensearch.org/latest/im-plugin/index-alias/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, only
from aws_stage.engines.opensearch.index.catalogue import Index, drop, store
from aws_stage.engines.opensearch.index.indices import aliases_of, check_name, resolved
from aws_stage.engines.opensearch.index.patterns import pattern
from aws_stage.engines.opensearch.rest.context import Context

_WAITS = ("timeout", "master_timeout", "cluster_manager_timeout")
_TARGET = {"index", "indices", "alias", "aliases"}


def change(context: Context) -> tuple[int, Any]:
    """``POST /_aliases``: all of its actions or none."""
    context.allow(*_WAITS)
    body = context.document(required=True)
    only(body, {"actions"}, "aliases")
    actions = body.get("actions") or []
    if not actions:
        raise SearchError(
            "action_request_validation_exception", "Validation Failed: 1: Must specify at least one action;"
        )
    _apply(context, actions)
    return 200, {"acknowledged": True}


def put(context: Context) -> tuple[int, Any]:
    """``PUT /{index}/_alias/{alias}``."""
    context.allow(*_WAITS)
    target = {"index": context.parts["index"], "alias": context.parts["alias"]}
    _apply(context, [{"add": {**context.document(), **target}}])
    return 200, {"acknowledged": True}


def remove(context: Context) -> tuple[int, Any]:
    """``DELETE /{index}/_alias/{alias}``."""
    context.allow(*_WAITS)
    _apply(context, [{"remove": {"index": context.parts["index"], "alias": context.parts["alias"]}}])
    return 200, {"acknowledged": True}


def get(context: Context) -> tuple[int, Any]:
    """``GET /{index}/_alias/{alias}``."""
    context.allow("local", "ignore_unavailable", "allow_no_indices", "expand_wildcards")
    indices = resolved(context.cluster.catalogue, context.parts.get("index", ""))
    wanted = context.parts.get("alias")
    if wanted is None:
        return 200, {index.name: {"aliases": index.aliases} for index in indices}
    patterns = [pattern("*" if each == "_all" else each) for each in wanted.split(",")]
    found = {
        index.name: {
            "aliases": {name: held for name, held in index.aliases.items() if any(p.fullmatch(name) for p in patterns)}
        }
        for index in indices
    }
    found = {name: held for name, held in found.items() if held["aliases"]}
    if not found and "*" not in wanted:
        return 404, {"error": f"alias [{wanted}] missing", "status": 404}
    return 200, found


def _apply(context: Context, actions: list[Any]) -> None:
    cluster = context.cluster
    with cluster.writing() as connection:
        indices = dict(cluster.catalogue.indices)
        gone: list[Index] = []
        for action in actions:
            if len(dictionary(action, "actions")) != 1:
                raise illegal("[aliases] expects one action in each object")
            [(kind, body)] = action.items()
            step = _STEPS.get(kind)
            if step is None:
                raise illegal(f"[aliases] unknown field [{kind}]")
            step(context, indices, dictionary(body, kind), gone)
        for index in gone:
            drop(connection, index)
        changed = [index for name, index in indices.items() if cluster.catalogue.indices.get(name) is not index]
        for index in changed:
            store(connection, index)
        cluster.catalogue.change(changed, [index.name for index in gone])


def _add(context: Context, indices: dict[str, Index], body: dict[str, Any], _gone: list[Index]) -> None:
    only(body, _TARGET | {"is_write_index", "is_hidden", "must_exist"}, "add")
    options = {name: value for name, value in body.items() if name in ("is_write_index", "is_hidden")}
    for alias in _names(body, "alias", "aliases"):
        check_name(alias)
        if alias in indices:
            reason = f"Invalid alias name [{alias}]: an index or data stream exists with the same name as the alias"
            raise SearchError("invalid_alias_name_exception", reason)
        for index in _targets(context, indices, body):
            writers = [
                n for n, each in indices.items() if each.aliases.get(alias, {}).get("is_write_index") and n != index
            ]
            if options.get("is_write_index") and writers:
                names = ",".join(sorted([*writers, index]))
                raise illegal(f"alias [{alias}] has more than one write index [{names}]")
            held = indices[index]
            indices[index] = replace(held, aliases={**held.aliases, **aliases_of({alias: options})})


def _remove(context: Context, indices: dict[str, Index], body: dict[str, Any], _gone: list[Index]) -> None:
    only(body, _TARGET | {"must_exist"}, "remove")
    for alias in _names(body, "alias", "aliases"):
        wanted, found = pattern(alias), False
        for index in _targets(context, indices, body):
            held = indices[index]
            left = {name: options for name, options in held.aliases.items() if not wanted.fullmatch(name)}
            found = found or len(left) < len(held.aliases)
            indices[index] = replace(held, aliases=left)
        if not found and body.get("must_exist", True):
            raise SearchError("aliases_not_found_exception", f"aliases [{alias}] missing", 404)


def _remove_index(context: Context, indices: dict[str, Index], body: dict[str, Any], gone: list[Index]) -> None:
    only(body, {"index", "indices", "must_exist"}, "remove_index")
    gone += [indices.pop(index) for index in _targets(context, indices, body)]


def _targets(context: Context, indices: dict[str, Index], body: dict[str, Any]) -> list[str]:
    names = ",".join(_names(body, "index", "indices"))
    return [index.name for index in resolved(context.cluster.catalogue, names) if index.name in indices]


def _names(body: dict[str, Any], one: str, several: str) -> list[str]:
    given = body.get(one, body.get(several))
    if not given:
        raise illegal(f"One of [{one}] or [{several}] is required")
    return given if isinstance(given, list) else str(given).split(",")


_STEPS: dict[str, Callable[[Context, dict[str, Index], dict[str, Any], list[Index]], None]] = {
    "add": _add,
    "remove": _remove,
    "remove_index": _remove_index,
}
