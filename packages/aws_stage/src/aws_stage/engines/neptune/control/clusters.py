"""Clusters: create, describe, change, fail over, delete. What a call asks for is done when it is answered."""

from __future__ import annotations

import re
import secrets
import string
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.neptune.control.book import (
    CLUSTER,
    CLUSTER_PARAMETERS,
    SUBNETS,
    Book,
    contradictory,
    invalid,
    neptune_alone,
    refused,
)
from aws_stage.engines.neptune.control.endpoints import DEFAULT_PORT, Endpoints
from aws_stage.engines.neptune.control.parameters import check_group, family_of
from aws_stage.kernel.engine import AwsError, Call, Stage
from aws_stage.storage.store import Document

DEFAULT_VERSION = "1.4.6.0"
LOGS = frozenset({"audit", "slowquery"})

_VERSION = re.compile(r"1\.[234]\.\d+\.\d+")
_REFUSED = ("ReplicationSourceIdentifier", "GlobalClusterIdentifier", "PreSignedUrl", "SourceRegion")
_KEPT = (
    "BackupRetentionPeriod",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "DeletionProtection",
    "CopyTagsToSnapshot",
    "ServerlessV2ScalingConfiguration",
    "StorageType",
    "EngineVersion",
)
_DEFAULTS = {
    "BackupRetentionPeriod": 1,
    "PreferredBackupWindow": "17:00-17:30",
    "PreferredMaintenanceWindow": "sun:18:00-sun:18:30",
    "DeletionProtection": False,
    "CopyTagsToSnapshot": False,
    "StorageType": "standard",
    "EngineVersion": DEFAULT_VERSION,
}
_LEAST_CAPACITY, _MOST_CAPACITY = 1.0, 128.0
"""In Neptune capacity units: userguide, "Neptune Serverless capacity scaling"."""


class Clusters:
    """Handlers of the calls; ``deleted`` is called with the cluster that is gone."""

    def __init__(self, stage: Stage, book: Book, endpoints: Endpoints, deleted: Callable[[Document], None]) -> None:
        self._stage = stage
        self._book = book
        self._endpoints = endpoints
        self._deleted = deleted
        self.lock = threading.RLock()

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDBCluster."""
        request = call.payload
        neptune_alone(request)
        _check(request)
        name = request["DBClusterIdentifier"].lower()
        settings = {**_DEFAULTS, **{key: request[key] for key in _KEPT if key in request}}
        if request.get("DBSubnetGroupName"):
            self._book.get(SUBNETS, request["DBSubnetGroupName"])
        default_group = f"default.{family_of(settings['EngineVersion'])}"
        members = {
            "DBClusterIdentifier": name,
            "DbClusterResourceId": "cluster-" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(26)),
            "Engine": "neptune",
            "Status": "available",
            "Port": request.get("Port") or DEFAULT_PORT,
            "MultiAZ": False,
            "ClusterCreateTime": self._stage.clock.now().timestamp(),
            "AvailabilityZones": request.get("AvailabilityZones") or self._zones(),
            "DBSubnetGroup": (request.get("DBSubnetGroupName") or "default").lower(),
            "DBClusterParameterGroup": check_group(
                self._book, CLUSTER_PARAMETERS, request.get("DBClusterParameterGroupName") or default_group
            ),
            "VpcSecurityGroups": _groups(request.get("VpcSecurityGroupIds") or []),
            "IAMDatabaseAuthenticationEnabled": request.get("EnableIAMDatabaseAuthentication", False),
            "EnabledCloudwatchLogsExports": sorted(request.get("EnableCloudwatchLogsExports") or []),
            "DBClusterMembers": [],
            "AllocatedStorage": 1,
            "HostedZoneId": "Z" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(13)),
            **self._encryption(request),
            **settings,
            **self._endpoints.cluster(name),
        }
        started = self._stage.clock.now().strftime("%a %b %d %H:%M:%S UTC %Y")
        with self.lock:
            created = self._book.create(CLUSTER, name, members, request, started=started)
        return {"DBCluster": {**created["members"], "Status": "creating"}}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDBClusters."""
        name = call.payload.get("DBClusterIdentifier")
        found = [self._named(name)] if name else self._book.all(CLUSTER)
        for each in call.payload.get("Filters") or []:
            if each["Name"] not in ("db-cluster-id", "engine"):
                raise refused(f"the filter {each['Name']}")
            member = "Engine" if each["Name"] == "engine" else "DBClusterIdentifier"
            found = [document for document in found if document["members"][member] in each["Values"]]
        return {"DBClusters": [document["members"] for document in found]}

    def modify(self, call: Call) -> dict[str, Any]:
        """ModifyDBCluster: at once, whatever ``ApplyImmediately`` says."""
        request = call.payload
        _check(request)
        if request.get("NewDBClusterIdentifier"):
            raise refused("renaming a cluster")
        with self.lock:
            document = self._named(request["DBClusterIdentifier"])
            members = document["members"]
            members |= {key: request[key] for key in _KEPT if key in request}
            if request.get("Port"):
                members["Port"] = request["Port"]
            if "EnableIAMDatabaseAuthentication" in request:
                members["IAMDatabaseAuthenticationEnabled"] = request["EnableIAMDatabaseAuthentication"]
            if request.get("DBClusterParameterGroupName"):
                group = request["DBClusterParameterGroupName"]
                members["DBClusterParameterGroup"] = check_group(self._book, CLUSTER_PARAMETERS, group)
            if request.get("VpcSecurityGroupIds"):
                members["VpcSecurityGroups"] = _groups(request["VpcSecurityGroupIds"])
            logs = request.get("CloudwatchLogsExportConfiguration") or {}
            exported = {*members["EnabledCloudwatchLogsExports"], *logs.get("EnableLogTypes", [])}
            members["EnabledCloudwatchLogsExports"] = sorted(exported - {*logs.get("DisableLogTypes", [])})
            self._book.keep(CLUSTER, members["DBClusterIdentifier"], document)
        return {"DBCluster": members}

    def fail_over(self, call: Call) -> dict[str, Any]:
        """FailoverDBCluster: another instance becomes the writer, and the event that AWS has for it is sent."""
        with self.lock:
            document = self._named(call.payload["DBClusterIdentifier"])
            members = document["members"]["DBClusterMembers"]
            wanted = call.payload.get("TargetDBInstanceIdentifier")
            readers = [each for each in members if not each["IsClusterWriter"]]
            readers = [each for each in readers if wanted in (None, each["DBInstanceIdentifier"])]
            if not readers:
                raise AwsError("InvalidDBClusterStateFault", "There is no other instance to fail over to.", 400)
            promote(members, min(readers, key=lambda each: each["PromotionTier"])["DBInstanceIdentifier"])
            self._book.keep(CLUSTER, document["members"]["DBClusterIdentifier"], document)
        self._note_failover(document["members"])
        return {"DBCluster": document["members"]}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDBCluster: its graph is gone with it."""
        with self.lock:
            document = self._named(call.payload["DBClusterIdentifier"])
            members = document["members"]
            if members["DeletionProtection"]:
                raise contradictory(
                    "Cannot delete protected Cluster, please disable deletion protection and try again."
                )
            if members["DBClusterMembers"]:
                message = "Cluster cannot be deleted, it still contains DB instances in non-deleting state."
                raise AwsError("InvalidDBClusterStateFault", message, 400)
            if call.payload.get("FinalDBSnapshotIdentifier"):
                raise refused("snapshots of a cluster: set SkipFinalSnapshot")
            if not call.payload.get("SkipFinalSnapshot"):
                raise contradictory("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
            self._book.delete(CLUSTER, members["DBClusterIdentifier"])
        self._deleted(document)
        return {"DBCluster": {**members, "Status": "deleting"}}

    def _named(self, name: str) -> Document:
        """The cluster of a name or an ARN; raises AwsError."""
        return self._book.get(CLUSTER, name.removeprefix(self._book.arn(CLUSTER, "")))

    def _zones(self) -> list[str]:
        zones = self._stage.client("ec2").describe_availability_zones()["AvailabilityZones"]
        return sorted(zone["ZoneName"] for zone in zones)[:3]

    def _encryption(self, request: dict[str, Any]) -> dict[str, Any]:
        encrypted, key = request.get("StorageEncrypted", False), request.get("KmsKeyId")
        if key and not encrypted:
            raise contradictory("KmsKeyId needs StorageEncrypted.")
        if not encrypted:
            return {"StorageEncrypted": False}
        try:
            found = self._stage.client("kms").describe_key(KeyId=key or "alias/aws/rds")["KeyMetadata"]
        except ClientError as error:
            raise AwsError("KMSKeyNotAccessibleFault", error.response["Error"]["Message"], 400) from error
        return {"StorageEncrypted": True, "KmsKeyId": found["Arn"]}

    def _note_failover(self, members: dict[str, Any]) -> None:
        writer = next(each for each in members["DBClusterMembers"] if each["IsClusterWriter"])
        detail = {
            "EventCategories": ["failover"],
            "SourceType": "CLUSTER",
            "SourceArn": members["DBClusterArn"],
            "SourceIdentifier": members["DBClusterIdentifier"],
            "Date": self._stage.clock.now().isoformat(timespec="milliseconds"),
            "Message": f"Completed failover to DB instance: {writer['DBInstanceIdentifier']}",
            "EventID": "RDS-EVENT-0071",
        }
        self._stage.publish("aws.rds", "RDS DB Cluster Event", detail, [members["DBClusterArn"]])


def promote(members: list[dict[str, Any]], instance: str) -> None:
    """Make an instance the one writer of a cluster's members."""
    for member in members:
        member["IsClusterWriter"] = member["DBInstanceIdentifier"] == instance


def _groups(identities: list[str]) -> list[dict[str, str]]:
    return [{"VpcSecurityGroupId": identity, "Status": "active"} for identity in identities]


def _check(request: dict[str, Any]) -> None:
    for member in _REFUSED:
        if request.get(member):
            raise refused(f"{member} of a cluster")
    version = request.get("EngineVersion", DEFAULT_VERSION)
    if not _VERSION.fullmatch(version):
        raise invalid(f"Cannot find version {version} for neptune")
    if not 1 <= request.get("BackupRetentionPeriod", 1) <= 35:
        raise invalid("Invalid backup retention period: it must be 1 to 35 days.")
    logs = request.get("CloudwatchLogsExportConfiguration") or {}
    unknown = {*(request.get("EnableCloudwatchLogsExports") or []), *logs.get("EnableLogTypes", [])} - LOGS
    if unknown:
        raise contradictory(f"You cannot use the log types {sorted(unknown)} with engine version neptune {version}.")
    capacity = request.get("ServerlessV2ScalingConfiguration")
    if capacity is not None:
        low, high = capacity.get("MinCapacity", _LEAST_CAPACITY), capacity.get("MaxCapacity", _MOST_CAPACITY)
        if not _LEAST_CAPACITY <= low <= high <= _MOST_CAPACITY:
            raise invalid(
                f"Serverless v2 capacity must be from 1 to 128, MinCapacity at most MaxCapacity: {low}, {high}"
            )
