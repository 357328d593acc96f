"""Networks: what is set of rules, flow logs and endpoints is described."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.testing import RunningStage

_EVERYTHING = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.fixture
def vpc(stage: RunningStage) -> str:
    identity: str = stage.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return identity


def _group(stage: RunningStage, vpc: str) -> str:
    ec2 = stage.client("ec2")
    identity: str = ec2.create_security_group(GroupName="some", Description="some", VpcId=vpc)["GroupId"]
    return identity


def test_the_rule_of_a_new_group_is_revoked_as_terraform_revokes_it(stage: RunningStage, vpc: str) -> None:
    ec2, group = stage.client("ec2"), _group(stage, vpc)
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[_EVERYTHING])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"] == []


def test_a_rule_for_a_prefix_list_is_described(stage: RunningStage, vpc: str) -> None:
    ec2, group = stage.client("ec2"), _group(stage, vpc)
    [prefix_list] = ec2.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": ["com.amazonaws.ap-northeast-1.s3"]}]
    )["PrefixLists"]
    named = {"PrefixListId": prefix_list["PrefixListId"], "Description": "to S3"}
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [named]}
    [rule] = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    for found in (
        rule,
        ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])["SecurityGroupRules"][0],
    ):
        assert (found["PrefixListId"], found["Description"]) == (prefix_list["PrefixListId"], "to S3")
    described = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    assert permission["PrefixListIds"] in [each["PrefixListIds"] for each in described]


def test_a_flow_log_is_described_whole(stage: RunningStage, vpc: str) -> None:
    ec2 = stage.client("ec2")
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True}
    [identity] = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::some",
        MaxAggregationInterval=60,
        DestinationOptions=options,
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "1"}]}],
    )["FlowLogIds"]
    [log] = ec2.describe_flow_logs(FlowLogIds=[identity])["FlowLogs"]
    assert (log["MaxAggregationInterval"], log["DestinationOptions"]) == (60, options)
    assert log["Tags"] == [{"Key": "a", "Value": "1"}]
    assert log["LogFormat"].startswith("${version} ${account-id}")


def test_an_interface_endpoint_is_described_and_changed(stage: RunningStage, vpc: str) -> None:
    ec2, group = stage.client("ec2"), _group(stage, vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    identity = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.ap-northeast-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]

    def described() -> dict[str, Any]:
        endpoint: dict[str, Any] = ec2.describe_vpc_endpoints(VpcEndpointIds=[identity])["VpcEndpoints"][0]
        return endpoint

    endpoint = described()
    assert [each["GroupId"] for each in endpoint["Groups"]] == [group]
    assert endpoint["PrivateDnsEnabled"] is True
    assert "logs.ap-northeast-1.amazonaws.com" in [entry["DnsName"] for entry in endpoint["DnsEntries"]]
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=identity, AddSecurityGroupIds=[other], RemoveSecurityGroupIds=[group], PrivateDnsEnabled=False
    )
    endpoint = described()
    assert [each["GroupId"] for each in endpoint["Groups"]] == [other]
    assert endpoint["PrivateDnsEnabled"] is False
