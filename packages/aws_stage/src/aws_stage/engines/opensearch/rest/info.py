"""What a domain says of itself."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch.errors import illegal
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.rest.context import Context
from aws_stage.kernel.settings import ACCOUNT_ID

_STATES = ("green", "yellow", "red")


def root(context: Context) -> tuple[int, Any]:
    """``GET /``."""
    context.allow()
    return 200, {
        "name": context.domain,
        "cluster_name": f"{ACCOUNT_ID}:{context.domain}",
        "cluster_uuid": f"{context.domain}-local-stage",
        "version": {
            "distribution": "opensearch",
            "number": f"{context.version}.0",
            "build_type": "tar",
            "build_hash": "unknown",
            "build_date": "2025-01-01T00:00:00.000Z",
            "build_snapshot": False,
            "lucene_version": "9.12.1",
            "minimum_wire_compatibility_version": "7.10.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "The OpenSearch Project: https://opensearch.org/",
    }


def health(context: Context) -> tuple[int, Any]:
    """``GET /_cluster/health``: yellow where an index has replicas, for there is one node."""
    context.allow("wait_for_status", "timeout", "level", "wait_for_no_relocating_shards", "cluster_manager_timeout")
    if context.parameters.get("level", "cluster") != "cluster":
        raise illegal(f"level [{context.parameters['level']}] is not supported by the local stage")
    indices = resolved(context.cluster.catalogue, context.parts.get("index", ""))
    status = "yellow" if any(index.settings.get("number_of_replicas") != "0" for index in indices) else "green"
    wanted = context.parameters.get("wait_for_status", "red")
    if wanted not in _STATES:
        raise illegal(f"unknown cluster health status [{wanted}]")
    late = _STATES.index(status) > _STATES.index(wanted)
    unassigned = sum(int(index.settings.get("number_of_replicas", "1")) for index in indices)
    shards = len(indices)
    return (408 if late else 200), {
        "cluster_name": f"{ACCOUNT_ID}:{context.domain}",
        "status": status,
        "timed_out": late,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "discovered_master": True,
        "discovered_cluster_manager": True,
        "active_primary_shards": shards,
        "active_shards": shards,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": unassigned,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0 * shards / ((shards + unassigned) or 1) if shards else 100.0,
    }
