"""What a policy does to an index: one step at a time, as a run of Index State Management does.

docs.opensearch.org/latest/im-plugin/ism/. A managed index keeps the policy as it was when it was attached; a change of
the policy reaches it by ``change_policy`` alone. Its age counts from its creation, by the clock of the stage.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import duckdb

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.index.catalogue import Index, drop, store
from aws_stage.engines.opensearch.index.cluster import Cluster
from aws_stage.engines.opensearch.index.policies import milliseconds

logger = logging.getLogger("aws_stage.opensearch")


def manage(cluster: Cluster) -> None:
    """Do the next step of every managed index of a domain."""
    for name, index in cluster.catalogue.indices.items():
        if index.managed is not None:
            try:
                _step(cluster, name)
            except (SearchError, duckdb.Error) as error:  # the disk is full, or the domain has just been deleted
                logger.warning("the policy of %s is tried again: %s", name, error)


def _step(cluster: Cluster, name: str) -> None:
    now_ms = cluster.now_ms()
    if not _is_due(cluster.catalogue.indices.get(name), now_ms):
        return
    with cluster.writing() as connection:
        index = cluster.catalogue.indices.get(name)  # again: another request may have changed it meanwhile
        if index is None or not _is_due(index, now_ms):
            return
        managed = index.managed or {}
        if _state(managed)["actions"]:
            drop(connection, index)
            cluster.catalogue.change(removed=[name])
            logger.info("%s is deleted, as policy %s says", name, managed["policy"]["policy_id"])
            return
        wanted = _next_state(index, now_ms)
        message = f"Transitioning to {wanted} [index={name}]"
        moved = replace(index, managed={**managed, "state": wanted, "since": now_ms, "message": message})
        store(connection, moved)
        cluster.catalogue.change([moved])


def _is_due(index: Index | None, now_ms: int) -> bool:
    if index is None or index.managed is None:
        return False
    return bool(_state(index.managed)["actions"]) or _next_state(index, now_ms) is not None


def _next_state(index: Index, now_ms: int) -> str | None:
    for transition in _state(index.managed or {})["transitions"]:
        age = transition.get("conditions", {}).get("min_index_age", "0ms")
        if now_ms - index.created >= milliseconds(age):
            found: str = transition["state_name"]
            return found
    return None


def _state(managed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in managed["policy"]["states"] if each["name"] == managed["state"])
    return found
