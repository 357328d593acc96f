"""Policies of Index State Management: reading one, and which of them takes a new index.

docs.opensearch.org/latest/im-plugin/ism/policies/. A policy whose actions, conditions or notifications the stage does
not carry out is refused when it is put, not when its moment comes.
"""

from __future__ import annotations

import re
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, unsupported
from aws_stage.engines.opensearch.index.patterns import overlap, pattern

SCHEMA_VERSION = 21
"""What OpenSearch 2.x answers as the version of its configuration index."""
RETRY = {"count": 3, "backoff": "exponential", "delay": "1m"}
"""What an action gets that names no retry. The stage's own actions end at once or not at all."""

_POLICY = frozenset(
    {"policy_id", "description", "last_updated_time", "schema_version", "error_notification", "default_state", "states"}
) | {"ism_template"}
_READ_ONLY = frozenset({"retry", "timeout"})
_TIME = re.compile(r"(\d+)(nanos|micros|ms|s|m|h|d)")
_MILLISECONDS = {"nanos": 1e-6, "micros": 1e-3, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def check_policy(name: str, body: dict[str, Any], others: dict[str, dict[str, Any]], now_ms: int) -> dict[str, Any]:
    """The policy that is kept, as OpenSearch shows it; raises SearchError for what neither allows."""
    for key in body:
        if key != "policy":
            raise illegal(f"Unexpected field [{key}] beside [policy]")
    policy = dictionary(body.get("policy"), "policy")
    for key in policy:
        if key not in _POLICY:
            raise illegal(f"Invalid field: [{key}] found in Policy.")
    if policy.get("error_notification") is not None:
        raise unsupported("[error_notification] of a policy")
    states = [_state(each) for each in _list(policy.get("states"), "states")]
    names = [state["name"] for state in states]
    if not states or policy.get("default_state") not in names:
        raise illegal("Policy must have a default state that is one of its states")
    if len(set(names)) < len(names):
        raise illegal(f"Policy cannot have duplicate state names: {names}")
    for state in states:
        for transition in state["transitions"]:
            if transition["state_name"] not in names:
                raise illegal(
                    f"Policy contains a transition in state={state['name']} pointing to a nonexistent "
                    f"state={transition['state_name']}"
                )
    return {
        "policy_id": name,
        "description": str(policy.get("description", "")),
        "last_updated_time": now_ms,
        "schema_version": SCHEMA_VERSION,
        "error_notification": None,
        "default_state": policy["default_state"],
        "states": states,
        "ism_template": _templates(name, policy.get("ism_template"), others, now_ms),
    }


def policy_for(policies: dict[str, dict[str, Any]], index: str) -> str | None:
    """The id of the policy whose template of the highest priority matches a new index; None when none does."""
    matching = [
        (template["priority"], policy_id)
        for policy_id, held in policies.items()
        for template in held["policy"]["ism_template"] or []
        if any(pattern(each).fullmatch(index) for each in template["index_patterns"])
    ]
    return max(matching, default=(0, None))[1]


def attached(held: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """What an index is managed by from now on. ``held`` is the policy with its numbers, as the catalogue keeps it."""
    policy = held["policy"]
    return {
        "policy": policy,
        "seq_no": held["seq_no"],
        "state": policy["default_state"],
        "since": now_ms,
        "message": f"Successfully initialized policy: {policy['policy_id']}",
    }


def milliseconds(text: object) -> float:
    """A time value such as ``30d``; raises SearchError."""
    found = _TIME.fullmatch(str(text))
    if found is None:
        raise illegal(f"failed to parse setting [min_index_age] with value [{text}] as a time value")
    return int(found[1]) * _MILLISECONDS[found[2]]


def _state(given: Any) -> dict[str, Any]:
    state = dictionary(given, "states")
    for key in state:
        if key not in ("name", "actions", "transitions"):
            raise illegal(f"Invalid field: [{key}] found in State.")
    if not state.get("name"):
        raise illegal("State must have a name")
    actions = [_action(each) for each in _list(state.get("actions"), "actions")]
    transitions = [_transition(each) for each in _list(state.get("transitions"), "transitions")]
    if actions and transitions:
        raise illegal(f"State [{state['name']}] deletes the index, and cannot have transitions")
    return {"name": state["name"], "actions": actions, "transitions": transitions}


def _action(given: Any) -> dict[str, Any]:
    action = dictionary(given, "actions")
    kinds = [key for key in action if key not in _READ_ONLY]
    if kinds != ["delete"]:
        raise unsupported(f"The action {kinds} of a policy")
    if "timeout" in action:
        raise unsupported("[timeout] of an action")
    if dictionary(action["delete"], "delete"):
        raise illegal("The action [delete] has no options")
    retry = dictionary(action.get("retry", {}), "retry")
    for key in retry:
        if key not in RETRY:
            raise illegal(f"Invalid field: [{key}] found in ActionRetry.")
    return {"retry": {**RETRY, **retry}, "delete": {}}


def _transition(given: Any) -> dict[str, Any]:
    transition = dictionary(given, "transitions")
    for key in transition:
        if key not in ("state_name", "conditions"):
            raise illegal(f"Invalid field: [{key}] found in Transition.")
    if "conditions" not in transition:
        return {"state_name": transition.get("state_name")}
    conditions = dictionary(transition["conditions"], "conditions")
    if list(conditions) != ["min_index_age"]:
        raise unsupported(f"A transition on {sorted(conditions)}")
    milliseconds(conditions["min_index_age"])
    return {"state_name": transition.get("state_name"), "conditions": conditions}


def _templates(name: str, given: Any, others: dict[str, dict[str, Any]], now_ms: int) -> list[dict[str, Any]] | None:
    if given is None:
        return None
    found = []
    for each in given if isinstance(given, list) else [given]:
        template = dictionary(each, "ism_template")
        for key in template:
            if key not in ("index_patterns", "priority", "last_updated_time"):
                raise illegal(f"Invalid field: [{key}] found in ISMTemplate.")
        patterns = _list(template.get("index_patterns"), "index_patterns")
        priority = template.get("priority", 0)
        if not patterns:
            raise illegal("ISM template must have index patterns")
        if any(str(text).startswith("-") for text in patterns):
            raise unsupported("An index pattern that excludes")
        if not isinstance(priority, int) or priority < 0:
            raise illegal(f"Priority should be a number that is not negative, not {priority}")
        _check_conflicts(name, patterns, priority, others)
        found.append({"index_patterns": patterns, "priority": priority, "last_updated_time": now_ms})
    return found


def _check_conflicts(name: str, patterns: list[str], priority: int, others: dict[str, dict[str, Any]]) -> None:
    for other, held in others.items():
        for template in held["policy"]["ism_template"] or []:
            same = other != name and template["priority"] == priority
            if same and any(overlap(mine, theirs) for mine in patterns for theirs in template["index_patterns"]):
                reason = (
                    f"New policy {name} has an ISM template with index pattern [{', '.join(patterns)}] matching "
                    f"existing policy templates, please use a different priority than {priority}"
                )
                raise SearchError("index_management_exception", reason)


def _list(given: Any, where: str) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise illegal(f"[{where}] expects an array")
    return given
