"""``_plugins/_ism``: policies, and the indices that they manage.

docs.opensearch.org/latest/im-plugin/ism/api/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import SearchError, illegal, only, unsupported
from aws_stage.engines.opensearch.index.catalogue import Index, store
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.index.policies import attached, check_policy
from aws_stage.engines.opensearch.rest.context import Context

_KEY = "index_state_management.policy_id"


def put(context: Context) -> tuple[int, Any]:
    """``PUT /_plugins/_ism/policies/{policy}``: a new one, or with the numbers of the one that it replaces."""
    context.allow("if_seq_no", "if_primary_term", "refresh")
    name, cluster = context.parts["policy"], context.cluster
    body = context.document(required=True)
    with cluster.writing() as connection:
        policies = cluster.catalogue.policies
        held = policies.get(name)
        _check_numbers(context, name, held)
        policy = check_policy(name, body, policies, cluster.now_ms())
        [number] = connection.execute("SELECT nextval('tables')").fetchone()
        made = {"policy": policy, "seq_no": number, "version": held["version"] + 1 if held else 1}
        connection.execute("INSERT OR REPLACE INTO policies VALUES (?, ?)", [name, orjson.dumps(made).decode()])
        cluster.catalogue.change_policies({**policies, name: made})
    return 200 if held else 201, {**_numbers(name, made), "policy": {"policy": policy}}


def get(context: Context) -> tuple[int, Any]:
    """``GET /_plugins/_ism/policies/{policy}``, or HEAD for whether it exists."""
    context.allow()
    return 200, _shown(context.parts["policy"], _held(context, context.parts["policy"]))


def listed(context: Context) -> tuple[int, Any]:
    """``GET /_plugins/_ism/policies``: all of them, by name."""
    context.allow()
    found = [_shown(name, held) for name, held in sorted(context.cluster.catalogue.policies.items())]
    return 200, {"policies": found, "total_policies": len(found)}


def remove(context: Context) -> tuple[int, Any]:
    """``DELETE /_plugins/_ism/policies/{policy}``: indices that it manages keep it."""
    context.allow("refresh")
    name, cluster = context.parts["policy"], context.cluster
    with cluster.writing() as connection:
        held = _held(context, name)
        connection.execute("DELETE FROM policies WHERE name = ?", [name])
        left = {other: each for other, each in cluster.catalogue.policies.items() if other != name}
        cluster.catalogue.change_policies(left)
    return 200, {
        "_index": ".opendistro-ism-config",
        **_numbers(name, {**held, "version": held["version"] + 1}),
        "result": "deleted",
        "forced_refresh": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
    }


def explain(context: Context) -> tuple[int, Any]:
    """``GET /_plugins/_ism/explain/{index}``: what manages each index, and where it stands."""
    context.allow("show_policy")
    indices = resolved(context.cluster.catalogue, context.parts.get("index", ""))
    found: dict[str, Any] = {index.name: _explained(index, show=context.flag("show_policy")) for index in indices}
    if "index" not in context.parts:
        found = {index.name: found[index.name] for index in indices if index.managed}
    return 200, {**found, "total_managed_indices": sum(index.managed is not None for index in indices)}


def add(context: Context) -> tuple[int, Any]:
    """``POST /_plugins/_ism/add/{index}``: what is managed already is named as failed."""
    held = _held(context, _policy_id(context))

    def attach(index: Index) -> Index | str:
        if index.managed is not None:
            return "This index already has a policy, use the update policy API to update index policies"
        return replace(index, managed=attached(held, context.cluster.now_ms()))

    return 200, _each(context, attach)


def change(context: Context) -> tuple[int, Any]:
    """``POST /_plugins/_ism/change_policy/{index}``: the policy as it is now; the state stays, where there is one."""
    held = _held(context, _policy_id(context))

    def attach(index: Index) -> Index | str:
        if index.managed is None:
            return "This index is not being managed"
        changed = attached(held, context.cluster.now_ms())
        names = [state["name"] for state in held["policy"]["states"]]
        if index.managed["state"] in names:
            changed |= {"state": index.managed["state"], "since": index.managed["since"]}
        return replace(index, managed=changed)

    return 200, _each(context, attach)


def detach(context: Context) -> tuple[int, Any]:
    """``POST /_plugins/_ism/remove/{index}``."""

    def free(index: Index) -> Index | str:
        return "This index does not have a policy to remove" if index.managed is None else replace(index, managed=None)

    return 200, _each(context, free)


def _each(context: Context, edit: Callable[[Index], Index | str]) -> dict[str, Any]:
    """Edit every index that the path names; a text says why one stays as it is."""
    context.allow()
    cluster = context.cluster
    failed: list[dict[str, str]] = []
    with cluster.writing() as connection:
        changed = []
        for index in resolved(cluster.catalogue, context.parts["index"]):
            made = edit(index)
            if isinstance(made, str):
                failed.append({"index_name": index.name, "index_uuid": index.uuid, "reason": made})
                continue
            store(connection, made)
            changed.append(made)
        cluster.catalogue.change(changed)
    return {"updated_indices": len(changed), "failures": bool(failed), "failed_indices": failed}


def _explained(index: Index, *, show: bool) -> dict[str, Any]:
    managed = index.managed
    name = None if managed is None else managed["policy"]["policy_id"]
    found: dict[str, Any] = {f"index.plugins.{_KEY}": name, f"index.opendistro.{_KEY}": name}
    if managed is None:
        return {**found, "enabled": None}
    found |= {
        "index": index.name,
        "index_uuid": index.uuid,
        "policy_id": name,
        "policy_seq_no": managed["seq_no"],
        "policy_primary_term": 1,
        "state": {"name": managed["state"], "start_time": managed["since"]},
        "retry_info": {"failed": False, "consumed_retries": 0},
        "info": {"message": managed["message"]},
        "enabled": True,
    }
    return {**found, "policy": managed["policy"]} if show else found


def _policy_id(context: Context) -> str:
    body = context.document(required=True)
    for key in ("state", "include"):
        if key in body:
            raise unsupported(f"[{key}] of change_policy")
    only(body, {"policy_id"}, "policy")
    return str(body.get("policy_id"))


def _held(context: Context, name: str) -> dict[str, Any]:
    held = context.cluster.catalogue.policies.get(name)
    if held is None:
        raise SearchError("status_exception", "Policy not found", 404)
    return held


def _numbers(name: str, held: dict[str, Any]) -> dict[str, Any]:
    return {"_id": name, "_version": held["version"], "_seq_no": held["seq_no"], "_primary_term": 1}


def _shown(name: str, held: dict[str, Any]) -> dict[str, Any]:
    return {**_numbers(name, held), "policy": held["policy"]}


def _check_numbers(context: Context, name: str, held: dict[str, Any] | None) -> None:
    given = [context.parameters.get(key) for key in ("if_seq_no", "if_primary_term")]
    if None in given:
        if held is None:
            return
        reason = f"[{name}]: version conflict, document already exists (current version [{held['version']}])"
        raise SearchError("version_conflict_engine_exception", reason, 409)
    if not all(str(number).isdecimal() for number in given):
        raise illegal(f"Failed to parse long parameters [if_seq_no] and [if_primary_term] with values {given}")
    if held is None or given != [str(held["seq_no"]), "1"]:
        now = f"current document has seqNo [{held['seq_no']}]" if held else "but no document was found"
        reason = f"[{name}]: version conflict, required seqNo [{given[0]}], primary term [{given[1]}]. {now}"
        raise SearchError("version_conflict_engine_exception", reason, 409)
