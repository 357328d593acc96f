"""Flow logs: their format, interval, options, role and tags are kept. No traffic flows here, so none is logged."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from aws_stage.patches.replace import replace

DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
DEFAULT_INTERVAL = "600"
"""Seconds: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"""

_OPTIONS = {
    "FileFormat": ("fileFormat", "plain-text"),
    "HiveCompatiblePartitions": ("hiveCompatiblePartitions", "false"),
    "PerHourPartition": ("perHourPartition", "false"),
}


def apply() -> None:
    from ministack.services import ec2

    def create(params: dict[str, Any]) -> Any:
        known = set(ec2._flow_logs.keys())
        answer = ec2._create_flow_logs(params)
        for identity in set(ec2._flow_logs.keys()) - known:
            ec2._flow_logs[identity] |= _settings(params)
            ec2._parse_tag_specs(params, "vpc-flow-log", identity)
        return answer

    def _settings(params: dict[str, Any]) -> dict[str, Any]:
        given = {name: ec2._p(params, f"DestinationOptions.{name}") for name in _OPTIONS}
        return {
            "LogFormat": ec2._p(params, "LogFormat") or DEFAULT_FORMAT,
            "MaxAggregationInterval": ec2._p(params, "MaxAggregationInterval") or DEFAULT_INTERVAL,
            "DeliverLogsPermissionArn": ec2._p(params, "DeliverLogsPermissionArn"),
            "DestinationOptions": {name: value for name, value in given.items() if value},
        }

    def describe(params: dict[str, Any]) -> Any:
        wanted, filters = ec2._parse_member_list(params, "FlowLogId"), ec2._parse_filters(params)
        found = [
            log
            for log in ec2._flow_logs.values()
            if (not wanted or log["FlowLogId"] in wanted)
            and ec2._resource_matches_tag_filters(log["FlowLogId"], filters)
            and log["ResourceId"] in (filters.get("resource-id") or [log["ResourceId"]])
        ]
        items = "".join(f"<item>{_xml(log)}{ec2._tag_set_xml(log['FlowLogId'])}</item>" for log in found)
        return ec2._xml(200, "DescribeFlowLogsResponse", f"<flowLogSet>{items}</flowLogSet>")

    handlers = {"CreateFlowLogs": create, "DescribeFlowLogs": describe}
    replace(ec2, "_ACTION_MAP", {**ec2._ACTION_MAP, **handlers})


def _xml(log: dict[str, Any]) -> str:
    """A description; a flow log that an earlier stage has kept has the defaults."""
    members = {
        "flowLogId": log["FlowLogId"],
        "resourceId": log["ResourceId"],
        "trafficType": log["TrafficType"],
        "logDestinationType": log["LogDestinationType"],
        "logDestination": log["LogDestination"],
        "logGroupName": _log_group(log),
        "flowLogStatus": log["FlowLogStatus"],
        "deliverLogsStatus": "SUCCESS",
        "creationTime": log["CreationTime"],
        "logFormat": log.get("LogFormat", DEFAULT_FORMAT),
        "maxAggregationInterval": log.get("MaxAggregationInterval", DEFAULT_INTERVAL),
        "deliverLogsPermissionArn": log.get("DeliverLogsPermissionArn"),
    }
    text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items() if value)
    options = log.get("DestinationOptions")
    if options:
        inner = "".join(
            f"<{name}>{escape(options.get(member, default))}</{name}>" for member, (name, default) in _OPTIONS.items()
        )
        text += f"<destinationOptions>{inner}</destinationOptions>"
    return text


def _log_group(log: dict[str, Any]) -> str:
    """The name of the log group, of which the destination is the ARN or the name."""
    if log["LogDestinationType"] != "cloud-watch-logs":
        return ""
    destination: str = log["LogDestination"]
    return destination.partition(":log-group:")[2].removesuffix(":*") or destination
