"""Instances of clusters: the first one writes, the others read."""

from __future__ import annotations

import secrets
import string
from typing import Any

from aws_stage.engines.neptune.control.book import (
    CLUSTER,
    INSTANCE,
    PARAMETERS,
    SUBNETS,
    Book,
    contradictory,
    invalid,
    neptune_alone,
    refused,
)
from aws_stage.engines.neptune.control.clusters import Clusters, promote
from aws_stage.engines.neptune.control.endpoints import Endpoints
from aws_stage.engines.neptune.control.parameters import check_group, family_of
from aws_stage.kernel.engine import Call, Stage
from aws_stage.storage.store import Document

_DEFAULTS = {"AutoMinorVersionUpgrade": True, "PromotionTier": 1, "PubliclyAccessible": False}
_SERVERLESS = "db.serverless"


class Instances:
    """Handlers of the calls."""

    def __init__(self, stage: Stage, book: Book, endpoints: Endpoints, clusters: Clusters) -> None:
        self._stage = stage
        self._book = book
        self._endpoints = endpoints
        self._lock = clusters.lock

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDBInstance."""
        request = call.payload
        neptune_alone(request)
        if not request.get("DBClusterIdentifier"):
            raise contradictory("DBClusterIdentifier is required for the engine neptune.")
        name = request["DBInstanceIdentifier"].lower()
        with self._lock:
            cluster = self._book.get(CLUSTER, request["DBClusterIdentifier"])
            members = self._members(name, request, cluster["members"])
            created = self._book.create(INSTANCE, name, members, request)
            belonging = cluster["members"]["DBClusterMembers"]
            belonging.append(
                {
                    "DBInstanceIdentifier": name,
                    "IsClusterWriter": not belonging,
                    "DBClusterParameterGroupStatus": "in-sync",
                    "PromotionTier": members["PromotionTier"],
                }
            )
            self._keep(cluster)
        return {"DBInstance": {**created["members"], "DBInstanceStatus": "creating"}}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDBInstances."""
        name = call.payload.get("DBInstanceIdentifier")
        found = [self._named(name)] if name else self._book.all(INSTANCE)
        for each in call.payload.get("Filters") or []:
            if each["Name"] not in ("db-cluster-id", "engine"):
                raise refused(f"the filter {each['Name']}")
            member = "Engine" if each["Name"] == "engine" else "DBClusterIdentifier"
            names = {value.rpartition(":")[2] for value in each["Values"]}
            found = [document for document in found if document["members"][member] in names]
        return {"DBInstances": [document["members"] for document in found]}

    def modify(self, call: Call) -> dict[str, Any]:
        """ModifyDBInstance: at once, whatever ``ApplyImmediately`` says."""
        request = call.payload
        if request.get("NewDBInstanceIdentifier"):
            raise refused("renaming an instance")
        with self._lock:
            document = self._named(request["DBInstanceIdentifier"])
            members = document["members"]
            cluster = self._book.get(CLUSTER, members["DBClusterIdentifier"])
            kept = ("AutoMinorVersionUpgrade", "PromotionTier", "PreferredMaintenanceWindow", "PubliclyAccessible")
            members |= {key: request[key] for key in kept if key in request}
            if request.get("DBInstanceClass"):
                members["DBInstanceClass"] = _class(request["DBInstanceClass"], cluster["members"])
            if request.get("DBParameterGroupName"):
                members["DBParameterGroups"] = self._group(request["DBParameterGroupName"])
            for each in cluster["members"]["DBClusterMembers"]:
                if each["DBInstanceIdentifier"] == members["DBInstanceIdentifier"]:
                    each["PromotionTier"] = members["PromotionTier"]
            self._keep(cluster)
            self._book.keep(INSTANCE, members["DBInstanceIdentifier"], document)
        return {"DBInstance": members}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDBInstance: the graph stays with the cluster, and another instance becomes its writer."""
        with self._lock:
            document = self._named(call.payload["DBInstanceIdentifier"])
            members = document["members"]
            cluster = self._book.get(CLUSTER, members["DBClusterIdentifier"])
            left = [
                each
                for each in cluster["members"]["DBClusterMembers"]
                if each["DBInstanceIdentifier"] != members["DBInstanceIdentifier"]
            ]
            if left and not any(each["IsClusterWriter"] for each in left):
                promote(left, min(left, key=lambda each: each["PromotionTier"])["DBInstanceIdentifier"])
            cluster["members"]["DBClusterMembers"] = left
            self._keep(cluster)
            self._book.delete(INSTANCE, members["DBInstanceIdentifier"])
        return {"DBInstance": {**members, "DBInstanceStatus": "deleting"}}

    def _members(self, name: str, request: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
        zones = cluster["AvailabilityZones"]
        family = family_of(cluster["EngineVersion"])
        members = {
            "DBInstanceIdentifier": name,
            "DBInstanceClass": _class(request["DBInstanceClass"], cluster),
            "Engine": "neptune",
            "DBInstanceStatus": "available",
            "Endpoint": {
                "Address": self._endpoints.instance(name),
                "Port": cluster["Port"],
                "HostedZoneId": cluster["HostedZoneId"],
            },
            "InstanceCreateTime": self._stage.clock.now().timestamp(),
            "DBClusterIdentifier": cluster["DBClusterIdentifier"],
            "DbiResourceId": "db-" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(26)),
            "DBParameterGroups": self._group(request.get("DBParameterGroupName") or f"default.{family}"),
            "AvailabilityZone": request.get("AvailabilityZone") or zones[len(cluster["DBClusterMembers"]) % len(zones)],
            "PreferredMaintenanceWindow": request.get("PreferredMaintenanceWindow", "sun:18:00-sun:18:30"),
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "MonitoringInterval": 0,
            "LicenseModel": "amazon-license",
            **{key: request.get(key, default) for key, default in _DEFAULTS.items()},
        }
        for shared in _SHARED:
            if shared in cluster:
                members[shared] = cluster[shared]
        subnets = self._book.find(SUBNETS, cluster["DBSubnetGroup"])
        if subnets is not None:
            members["DBSubnetGroup"] = subnets["members"]
        return members

    def _group(self, name: str) -> list[dict[str, str]]:
        group = check_group(self._book, PARAMETERS, name)
        return [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}]

    def _named(self, name: str) -> Document:
        return self._book.get(INSTANCE, name.removeprefix(self._book.arn(INSTANCE, "")))

    def _keep(self, cluster: Document) -> None:
        self._book.keep(CLUSTER, cluster["members"]["DBClusterIdentifier"], cluster)


_SHARED = (
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "EngineVersion",
    "IAMDatabaseAuthenticationEnabled",
    "KmsKeyId",
    "MultiAZ",
    "PreferredBackupWindow",
    "StorageEncrypted",
    "StorageType",
    "VpcSecurityGroups",
)
"""What an instance has of its cluster."""


def _class(name: str, cluster: dict[str, Any]) -> str:
    if not name.startswith("db."):
        raise invalid(f"Invalid DB Instance class: {name}")
    if name == _SERVERLESS and not cluster.get("ServerlessV2ScalingConfiguration"):
        raise contradictory(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB "
            "instance."
        )
    return name
