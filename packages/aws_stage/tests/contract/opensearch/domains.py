"""Domains that let anybody in, and clients of them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from aws_stage.testing import RunningStage
from opensearchpy import OpenSearch

EVERYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}],
    }
)


def new_domain(stage: RunningStage, **options: Any) -> str:
    """A new domain's name."""
    name = f"domain-{uuid4().hex[:8]}"
    stage.client("opensearch").create_domain(**{"DomainName": name, "AccessPolicies": EVERYBODY, **options})
    return name


def endpoint(stage: RunningStage, domain: str) -> str:
    """Where it answers."""
    found: str = stage.client("opensearch").describe_domain(DomainName=domain)["DomainStatus"]["Endpoint"]
    return found


def client_of(stage: RunningStage, domain: str, **options: Any) -> Any:
    """opensearch-py's client of it."""
    return OpenSearch(hosts=[endpoint(stage, domain)], timeout=60, max_retries=0, **options)
