"""Subnet groups: subnets of one VPC, in two availability zones at least."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.neptune.control.book import CLUSTER, SUBNETS, Book
from aws_stage.kernel.engine import AwsError, Call

LEAST_ZONES = 2


class SubnetGroups:
    """Handlers of the calls. ``client`` makes clients of the stage's own services."""

    def __init__(self, book: Book, client: Callable[[str], Any]) -> None:
        self._book = book
        self._client = client

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDBSubnetGroup."""
        name = call.payload["DBSubnetGroupName"]
        members = {
            "DBSubnetGroupName": name.lower(),
            "DBSubnetGroupDescription": call.payload["DBSubnetGroupDescription"],
            "SubnetGroupStatus": "Complete",
            **self._subnets(call.payload["SubnetIds"]),
        }
        return {"DBSubnetGroup": self._book.create(SUBNETS, name, members, call.payload)["members"]}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDBSubnetGroups."""
        name = call.payload.get("DBSubnetGroupName")
        found = [self._book.get(SUBNETS, name)] if name else self._book.all(SUBNETS)
        return {"DBSubnetGroups": [document["members"] for document in found]}

    def modify(self, call: Call) -> dict[str, Any]:
        """ModifyDBSubnetGroup."""
        name = call.payload["DBSubnetGroupName"]
        document = self._book.get(SUBNETS, name)
        if "DBSubnetGroupDescription" in call.payload:
            document["members"]["DBSubnetGroupDescription"] = call.payload["DBSubnetGroupDescription"]
        document["members"] |= self._subnets(call.payload["SubnetIds"])
        self._book.keep(SUBNETS, name, document)
        return {"DBSubnetGroup": document["members"]}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDBSubnetGroup."""
        name = call.payload["DBSubnetGroupName"]
        self._book.get(SUBNETS, name)
        if any(cluster["members"]["DBSubnetGroup"] == name.lower() for cluster in self._book.all(CLUSTER)):
            raise AwsError("InvalidDBSubnetGroupStateFault", f"The subnet group {name} is in use by a cluster.", 400)
        self._book.delete(SUBNETS, name)
        return {}

    def _subnets(self, identities: list[str]) -> dict[str, Any]:
        try:
            found = self._client("ec2").describe_subnets(SubnetIds=identities)["Subnets"]
        except ClientError as error:
            raise AwsError("InvalidSubnet", error.response["Error"]["Message"], 400) from error
        if len({subnet["VpcId"] for subnet in found}) != 1:
            raise AwsError("InvalidSubnet", "The subnets are not all in the same VPC.", 400)
        if len({subnet["AvailabilityZone"] for subnet in found}) < LEAST_ZONES:
            message = (
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Please add subnets "
            )
            raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message + "to cover at least 2 AZs.", 400)
        return {
            "VpcId": found[0]["VpcId"],
            "Subnets": [
                {
                    "SubnetIdentifier": subnet["SubnetId"],
                    "SubnetAvailabilityZone": {"Name": subnet["AvailabilityZone"]},
                    "SubnetStatus": "Active",
                }
                for subnet in found
            ],
        }
