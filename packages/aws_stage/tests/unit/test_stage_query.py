"""The Query protocol on the wire: what a client sends is what an engine gets, and an answer reads as it was given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from aws_stage.gateway.own_names import graph_endpoint
from aws_stage.gateway.query import QueryService
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

MODEL = botocore.session.get_session().get_service_model("neptune")

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("DescribeDBClusters", {}),
    (
        "CreateDBCluster",
        {
            "DBClusterIdentifier": "fleet & <co>",
            "Engine": "neptune",
            "Port": 8182,
            "StorageEncrypted": True,
            "DeletionProtection": False,
            "VpcSecurityGroupIds": ["sg-1", "sg-2"],
            "EnableCloudwatchLogsExports": ["audit", "slowquery"],
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 1.0, "MaxCapacity": 2.5},
            "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}],
        },
    ),
    ("DescribeDBInstances", {"Filters": [{"Name": "db-cluster-id", "Values": ["a", "b"]}], "MaxRecords": 20}),
]


def _body(operation: str, parameters: dict[str, Any]) -> bytes:
    made = create_serializer("query").serialize_to_request(parameters, MODEL.operation_model(operation))
    return urlencode(made["body"]).encode()


@pytest.mark.parametrize(("operation", "parameters"), CALLS, ids=[name for name, _ in CALLS])
def test_the_parameters_of_a_call_arrive_by_their_names(operation: str, parameters: dict[str, Any]) -> None:
    service = QueryService("rds")
    body = _body(operation, parameters)
    assert service.operation(body) == operation
    assert service.parameters(operation, body) == parameters


@pytest.mark.parametrize("text", ["Port=many", "StorageEncrypted=perhaps"])
def test_a_value_of_another_type_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"many|perhaps"):
        QueryService("rds").parameters("CreateDBCluster", text.encode())


def test_an_answer_reads_as_it_was_given() -> None:
    cluster = {
        "DBClusterIdentifier": "fleet & <co>",
        "Port": 8182,
        "StorageEncrypted": True,
        "ClusterCreateTime": datetime(2026, 11, 30, 12, 0, 0, 500_000, UTC).timestamp(),
        "AvailabilityZones": ["a", "b"],
        "DBClusterMembers": [{"DBInstanceIdentifier": "i", "IsClusterWriter": False, "PromotionTier": 1}],
        "KmsKeyId": None,
    }
    status, headers, body = QueryService("rds").answer("DescribeDBClusters", {"DBClusters": [cluster]})
    named = {name.decode(): value.decode() for name, value in headers}
    response = {"status_code": status, "headers": named, "body": body}
    parsed = create_parser("query").parse(response, MODEL.operation_model("DescribeDBClusters").output_shape)
    [found] = parsed["DBClusters"]
    assert found == {
        **{name: value for name, value in cluster.items() if value is not None},
        "ClusterCreateTime": datetime(2026, 11, 30, 12, 0, 0, 500_000, UTC),
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/opencypher", ("", "/opencypher")),
        ("/neptune/fleet.cluster-1.r/opencypher/status/a%2Fb", ("fleet.cluster-1.r", "/opencypher/status/a%2Fb")),
        ("/neptune/fleet", ("fleet", "")),
    ],
)
def test_a_path_begins_with_the_endpoint_of_a_graph(path: str, found: tuple[str, str]) -> None:
    assert graph_endpoint(path) == found
