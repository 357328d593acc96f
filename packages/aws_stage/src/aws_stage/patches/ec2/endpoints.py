"""Endpoints of a VPC: security groups, private DNS, policy and names are kept. Nothing is reached through them."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from aws_stage.patches.replace import replace, wrap

DEFAULT_POLICY = json.dumps(
    {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)
"""Full access: docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"""

_INTERFACE = "Interface"


def apply() -> None:
    from ministack.services import ec2

    def create(params: dict[str, Any]) -> Any:
        known = set(ec2._vpc_endpoints.keys())
        answer = ec2._create_vpc_endpoint(params)
        for identity in set(ec2._vpc_endpoints.keys()) - known:
            endpoint = ec2._vpc_endpoints[identity]
            endpoint["PolicyDocument"] = ec2._p(params, "PolicyDocument") or DEFAULT_POLICY
            if endpoint["VpcEndpointType"] == _INTERFACE:
                groups = ec2._parse_member_list(params, "SecurityGroupId")
                endpoint["SecurityGroupIds"] = groups or [_default_group(endpoint["VpcId"])]
                endpoint["PrivateDnsEnabled"] = (ec2._p(params, "PrivateDnsEnabled") or "true") == "true"
            answer = ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint"))
        return answer

    def _default_group(vpc: str) -> str:
        groups = (group for group in ec2._security_groups.values() if group["VpcId"] == vpc)
        return next(str(group["GroupId"]) for group in groups if group["GroupName"] == "default")

    def modify(params: dict[str, Any]) -> Any:
        endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
        answer = ec2._modify_vpc_endpoint(params)
        if endpoint is not None:
            removed = ec2._parse_member_list(params, "RemoveSecurityGroupId")
            groups = [*endpoint.get("SecurityGroupIds", []), *ec2._parse_member_list(params, "AddSecurityGroupId")]
            endpoint["SecurityGroupIds"] = [group for group in dict.fromkeys(groups) if group not in removed]
            if ec2._p(params, "PrivateDnsEnabled"):
                endpoint["PrivateDnsEnabled"] = ec2._p(params, "PrivateDnsEnabled") == "true"
            if ec2._p(params, "ResetPolicy") == "true":
                endpoint["PolicyDocument"] = DEFAULT_POLICY
        return answer

    def fields(original: Any, endpoint: dict[str, Any], tag: str = "item") -> str:
        text: str = original(endpoint, tag)
        return text.removesuffix(f"</{tag}>") + _xml(endpoint, ec2.get_region()) + f"</{tag}>"

    wrap(ec2, "_vpce_fields_xml", fields)
    replace(ec2, "_ACTION_MAP", {**ec2._ACTION_MAP, "CreateVpcEndpoint": create, "ModifyVpcEndpoint": modify})


def _xml(endpoint: dict[str, Any], region: str) -> str:
    """What ministack leaves out of a description."""
    text = f"<policyDocument>{escape(endpoint.get('PolicyDocument', DEFAULT_POLICY))}</policyDocument>"
    text += "<ipAddressType>ipv4</ipAddressType>"
    if endpoint["VpcEndpointType"] != _INTERFACE:
        return text + "<privateDnsEnabled>false</privateDnsEnabled>"
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get("SecurityGroupIds", []))
    private = endpoint.get("PrivateDnsEnabled", False)
    service = endpoint["ServiceName"].removeprefix(f"com.amazonaws.{region}.")
    names = [f"{endpoint['VpcEndpointId']}-{endpoint['VpcEndpointId'][-8:]}.{service}.{region}.vpce.amazonaws.com"]
    names += [f"{service}.{region}.amazonaws.com"] if private else []
    entries = "".join(f"<item><dnsName>{name}</dnsName></item>" for name in names)
    text += f"<groupSet>{groups}</groupSet><dnsEntrySet>{entries}</dnsEntrySet>"
    return text + f"<privateDnsEnabled>{'true' if private else 'false'}</privateDnsEnabled>"
