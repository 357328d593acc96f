"""Clusters, instances and groups through boto3."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

from contract.neptune.clusters import Graph, new_cluster


def _name() -> str:
    return f"some-{secrets.token_hex(4)}"


def _code(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**request)
    code: str = raised.value.response["Error"]["Code"]
    return code


def _described(stage: RunningStage, name: str) -> dict[str, Any]:
    cluster: dict[str, Any] = stage.client("neptune").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return cluster


def test_a_cluster_is_created_available_and_changed(stage: RunningStage) -> None:
    neptune, name = stage.client("neptune"), _name()
    created = neptune.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="neptune",
        BackupRetentionPeriod=7,
        StorageEncrypted=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["audit"],
        ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 4.5},
    )["DBCluster"]
    assert created["Status"] == "creating"
    cluster = _described(stage, name)
    assert cluster["Status"] == "available"
    assert cluster["DBClusterArn"].endswith(f":cluster:{name}")
    assert cluster["Endpoint"] != cluster["ReaderEndpoint"]
    assert cluster["KmsKeyId"].startswith("arn:aws:kms:")
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 1.0, "MaxCapacity": 4.5}
    assert (cluster["Port"], cluster["BackupRetentionPeriod"], cluster["StorageEncrypted"]) == (8182, 7, True)
    assert cluster["IAMDatabaseAuthenticationEnabled"] is True
    neptune.modify_db_cluster(
        DBClusterIdentifier=name,
        BackupRetentionPeriod=9,
        DeletionProtection=True,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["slowquery"], "DisableLogTypes": ["audit"]},
    )
    changed = _described(stage, name)
    assert changed["BackupRetentionPeriod"] == 9
    assert changed["EnabledCloudwatchLogsExports"] == ["slowquery"]
    assert changed["Endpoint"] == cluster["Endpoint"]


def test_what_a_cluster_refuses(stage: RunningStage) -> None:
    neptune, name = stage.client("neptune"), _name()
    create = neptune.create_db_cluster
    assert _code(create, DBClusterIdentifier=name, Engine="aurora-mysql") == "UnsupportedOperationException"
    assert _code(create, DBClusterIdentifier="1x", Engine="neptune") == "InvalidParameterValue"
    assert _code(create, DBClusterIdentifier=name, Engine="neptune", EngineVersion="9.9") == "InvalidParameterValue"
    assert (
        _code(create, DBClusterIdentifier=name, Engine="neptune", BackupRetentionPeriod=36) == "InvalidParameterValue"
    )
    assert (
        _code(create, DBClusterIdentifier=name, Engine="neptune", DBSubnetGroupName="nobody")
        == "DBSubnetGroupNotFoundFault"
    )
    assert (
        _code(create, DBClusterIdentifier=name, Engine="neptune", StorageEncrypted=True, KmsKeyId="alias/nobody")
        == "KMSKeyNotAccessibleFault"
    )
    create(DBClusterIdentifier=name, Engine="neptune")
    assert _code(create, DBClusterIdentifier=name.upper(), Engine="neptune") == "DBClusterAlreadyExistsFault"
    assert _code(neptune.describe_db_clusters, DBClusterIdentifier="nobody") == "DBClusterNotFoundFault"
    assert _code(neptune.create_db_cluster_snapshot, DBClusterSnapshotIdentifier="s", DBClusterIdentifier=name) == (
        "UnsupportedOperationException"
    )


def test_a_cluster_is_deleted_without_protection_instances_and_snapshot(stage: RunningStage) -> None:
    neptune = stage.client("neptune")
    name = new_cluster(stage, DeletionProtection=True)["DBClusterIdentifier"]
    delete = neptune.delete_db_cluster
    assert _code(delete, DBClusterIdentifier=name, SkipFinalSnapshot=True) == "InvalidParameterCombination"
    neptune.modify_db_cluster(DBClusterIdentifier=name, DeletionProtection=False)
    assert _code(delete, DBClusterIdentifier=name, SkipFinalSnapshot=True) == "InvalidDBClusterStateFault"
    neptune.delete_db_instance(DBInstanceIdentifier=f"{name}-0")
    assert _code(delete, DBClusterIdentifier=name) == "InvalidParameterCombination"
    assert _code(delete, DBClusterIdentifier=name, FinalDBSnapshotIdentifier="s") == "UnsupportedOperationException"
    assert delete(DBClusterIdentifier=name, SkipFinalSnapshot=True)["DBCluster"]["Status"] == "deleting"
    assert _code(neptune.describe_db_clusters, DBClusterIdentifier=name) == "DBClusterNotFoundFault"


def test_the_first_instance_writes_and_a_failover_makes_another_one(stage: RunningStage) -> None:
    neptune = stage.client("neptune")
    name = new_cluster(stage, instances=2)["DBClusterIdentifier"]
    queue = _events(stage, "RDS DB Cluster Event")

    def writer() -> list[str]:
        members = _described(stage, name)["DBClusterMembers"]
        return [member["DBInstanceIdentifier"] for member in members if member["IsClusterWriter"]]

    def endpoint(number: int) -> str:
        found = neptune.describe_db_instances(DBInstanceIdentifier=f"{name}-{number}")["DBInstances"][0]
        assert found["DBInstanceStatus"] == "available"
        return str(found["Endpoint"]["Address"])

    assert writer() == [f"{name}-0"]
    Graph(endpoint(0))("CREATE (:Device)")
    with pytest.raises(ClientError):
        Graph(endpoint(1))("CREATE (:Device)")
    neptune.failover_db_cluster(DBClusterIdentifier=name, TargetDBInstanceIdentifier=f"{name}-1")
    assert writer() == [f"{name}-1"]
    Graph(endpoint(1))("CREATE (:Device)")
    [event] = eventually(queue)
    assert event["detail"]["SourceIdentifier"] == name
    assert event["detail"]["EventCategories"] == ["failover"]
    neptune.delete_db_instance(DBInstanceIdentifier=f"{name}-1")
    assert writer() == [f"{name}-0"]
    assert _code(neptune.failover_db_cluster, DBClusterIdentifier=name) == "InvalidDBClusterStateFault"
    assert Graph(endpoint(0))("MATCH (n) RETURN count(n) AS c") == [{"c": 2}]


def test_a_serverless_instance_needs_the_clusters_capacity(stage: RunningStage) -> None:
    neptune, name = stage.client("neptune"), _name()
    neptune.create_db_cluster(DBClusterIdentifier=name, Engine="neptune")
    request = {"DBInstanceIdentifier": name, "DBInstanceClass": "db.serverless", "Engine": "neptune"}
    create = neptune.create_db_instance
    assert _code(create, **request, DBClusterIdentifier=name) == "InvalidParameterCombination"
    neptune.modify_db_cluster(
        DBClusterIdentifier=name, ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 2}
    )
    create(**request, DBClusterIdentifier=name)
    assert _code(create, **request, DBClusterIdentifier=name) == "DBInstanceAlreadyExists"


def test_a_subnet_group_covers_two_zones_of_one_network(stage: RunningStage) -> None:
    ec2, neptune, name = stage.client("ec2"), stage.client("neptune"), _name()
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate([zones[0], zones[0], zones[1]])
    ]
    request = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": "some"}
    create = neptune.create_db_subnet_group
    assert _code(create, **request, SubnetIds=subnets[:2]) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert _code(create, **request, SubnetIds=["subnet-00000000", subnets[0]]) == "InvalidSubnet"
    created = create(**request, SubnetIds=subnets[1:])["DBSubnetGroup"]
    assert created["VpcId"] == vpc
    assert {subnet["SubnetIdentifier"] for subnet in created["Subnets"]} == set(subnets[1:])
    cluster = new_cluster(stage, instances=0, DBSubnetGroupName=name)
    assert _code(neptune.delete_db_subnet_group, DBSubnetGroupName=name) == "InvalidDBSubnetGroupStateFault"
    neptune.delete_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"], SkipFinalSnapshot=True)
    neptune.delete_db_subnet_group(DBSubnetGroupName=name)


def test_the_query_timeout_of_a_parameter_group_counts(stage: RunningStage) -> None:
    neptune, name = stage.client("neptune"), _name()
    group = {"DBClusterParameterGroupName": name}
    neptune.create_db_cluster_parameter_group(**group, DBParameterGroupFamily="neptune1.4", Description="some")
    modify = neptune.modify_db_cluster_parameter_group
    for parameter in (
        {"ParameterName": "nobody", "ParameterValue": "1", "ApplyMethod": "pending-reboot"},
        {"ParameterName": "neptune_enable_audit_log", "ParameterValue": "2", "ApplyMethod": "pending-reboot"},
    ):
        assert _code(modify, **group, Parameters=[parameter]) == "InvalidParameterValue"
    timeout = {"ParameterName": "neptune_query_timeout", "ParameterValue": "1000", "ApplyMethod": "pending-reboot"}
    modify(**group, Parameters=[timeout])
    listed = neptune.describe_db_cluster_parameters(**group, Source="user")["Parameters"]
    assert [(each["ParameterName"], each["ParameterValue"]) for each in listed] == [("neptune_query_timeout", "1000")]
    graph = Graph(new_cluster(stage, DBClusterParameterGroupName=name)["Endpoint"])
    assert graph.client.get_engine_status()["settings"]["clusterQueryTimeoutInMs"] == "1000"
    neptune.reset_db_cluster_parameter_group(**group, ResetAllParameters=True)
    assert graph.client.get_engine_status()["settings"]["clusterQueryTimeoutInMs"] == "120000"


def test_tags_come_and_go(stage: RunningStage) -> None:
    neptune = stage.client("neptune")
    arn = new_cluster(stage, instances=0, Tags=[{"Key": "a", "Value": "1"}])["DBClusterArn"]
    neptune.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
    neptune.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert neptune.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "b", "Value": "2"}]


def _events(stage: RunningStage, detail_type: str) -> Any:
    """What the default bus has sent of that type, since now."""
    sqs, events, name = stage.client("sqs"), stage.client("events"), _name()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"detail-type": [detail_type]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def received() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return received
