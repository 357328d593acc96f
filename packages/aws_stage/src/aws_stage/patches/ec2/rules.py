"""Rules of security groups: prefix lists are read and described, and all traffic has no ports."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace, wrap

_ALL = "-1"
_OTHERS = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs")


def apply() -> None:
    from ministack.services import ec2

    def parsed(params: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = original(params, prefix)
        for number, rule in enumerate(rules, 1):
            if rule["IpProtocol"] == _ALL:
                # "Specifying -1 allows traffic on all ports, regardless of any port range you specify" (IpPermission):
                # Terraform revokes the rule that a new group has with ports of its own.
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
            rule["PrefixListIds"] = _prefix_lists(params, f"{prefix}.{number}.PrefixListIds")
        return rules

    def _prefix_lists(params: dict[str, Any], prefix: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        while identity := ec2._p(params, f"{prefix}.{len(found) + 1}.PrefixListId"):
            description = ec2._p(params, f"{prefix}.{len(found) + 1}.Description")
            found.append({"PrefixListId": identity, **({"Description": description} if description else {})})
        return found

    def described(original: Any, group: str, rule: dict[str, Any], is_egress: bool = False) -> str:
        lists = rule.get("PrefixListIds", [])
        whole: str = original(group, rule, is_egress)
        if not lists:
            return whole
        identity = ec2._sg_rule_id(group, is_egress, rule)
        bare = original(group, {**rule, "SecurityGroupRuleId": identity, **{other: [] for other in _OTHERS}}, is_egress)
        text = whole if any(rule.get(other) for other in _OTHERS) else ""
        for each in lists:
            text += bare.removesuffix("</item>") + f"<prefixListId>{each['PrefixListId']}</prefixListId></item>"
        return text

    original = replace(ec2, "_parse_ip_permissions", parsed)
    wrap(ec2, "_sg_rule_xml", described)
