"""Clusters for tests, and clients of them."""

from __future__ import annotations

import json
import secrets
from typing import Any

import boto3
from aws_stage.testing import REGION, RunningStage
from botocore.config import Config


def new_cluster(stage: RunningStage, instances: int = 1, **settings: Any) -> dict[str, Any]:
    """A cluster with instances, as DescribeDBClusters has it."""
    neptune = stage.client("neptune")
    name = f"graph-{secrets.token_hex(4)}"
    neptune.create_db_cluster(DBClusterIdentifier=name, Engine="neptune", **settings)
    for number in range(instances):
        neptune.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBInstanceClass="db.r6g.large",
            Engine="neptune",
            DBClusterIdentifier=name,
        )
    cluster: dict[str, Any] = neptune.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return cluster


def data_client(endpoint: str, attempts: int = 1) -> Any:
    """boto3's client of a graph, at an endpoint."""
    new_client: Any = boto3.client
    return new_client(
        "neptunedata",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": attempts}, read_timeout=300),
    )


class Graph:
    """A cluster's graph: ``graph("RETURN $x AS x", x=1)`` gives the rows."""

    def __init__(self, endpoint: str) -> None:
        self.client = data_client(endpoint)

    def __call__(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.client.execute_open_cypher_query(openCypherQuery=query, parameters=json.dumps(parameters))
        rows: list[dict[str, Any]] = answer["results"]
        return rows
