"""CloudWatch: alarms keep and show what was asked for, in the query protocol that Terraform's provider speaks.

ministack stores most of an alarm but describes a third of it in XML, and drops metric math and the actions for
insufficient data; Terraform then wants to change every alarm at every plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from aws_stage.patches.replace import replace

Alarm = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Answer]

_SCALARS = (
    "AlarmName",
    "AlarmArn",
    "AlarmDescription",
    "ActionsEnabled",
    "StateValue",
    "StateReason",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "ThresholdMetricId",
)
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_TYPES: dict[str, Callable[[str], Any]] = {"Period": int, "MaxRecords": int, "ReturnData": lambda text: text == "true"}
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "Period")


def apply() -> None:
    from ministack.services import cloudwatch

    replace(cloudwatch, "_put_metric_alarm", _putting(cloudwatch, cloudwatch._put_metric_alarm))
    replace(cloudwatch, "_describe_alarms", _describing(cloudwatch._describe_alarms))


def _putting(cloudwatch: ModuleType, original: Handler) -> Handler:
    def put(params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Answer:
        answer = original(params, cbor_data, is_cbor, is_json)
        if answer[0] != 200:
            return answer
        members = cbor_data if is_cbor or is_json else _members(params)
        alarm = cloudwatch._alarms[members["AlarmName"]]
        alarm["InsufficientDataActions"] = members.get("InsufficientDataActions", [])
        alarm["EvaluateLowSampleCountPercentile"] = members.get("EvaluateLowSampleCountPercentile")
        alarm["ThresholdMetricId"] = members.get("ThresholdMetricId")
        if members.get("ExtendedStatistic"):
            alarm["Statistic"] = None  # one alarm has one statistic, and ministack's default would win
        if members.get("Metrics"):
            alarm["Metrics"] = members["Metrics"]
            for name in _OF_ONE_METRIC:
                alarm[name] = None
        return answer

    return put


def _describing(original: Handler) -> Handler:
    def describe(params: Mapping[str, Any], cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Answer:
        if is_cbor or is_json:
            return original(params, cbor_data, is_cbor, is_json)
        # ministack filters and pages in JSON as in XML, and its JSON holds the whole alarm.
        status, headers, body = original({}, _members(params), False, True)
        if status != 200:
            return original(params, cbor_data, is_cbor, is_json)
        return status, {**headers, "Content-Type": "text/xml"}, _rendered(body)

    return describe


def _members(params: Mapping[str, Any]) -> dict[str, Any]:
    """The structure that query parameters flatten: ``Metrics.member.1.Id=a`` is ``{"Metrics": [{"Id": "a"}]}``."""
    tree: dict[str, Any] = {}
    for name, value in params.items():
        node = tree
        parts = name.split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        text = value[0] if isinstance(value, list) else value
        node[parts[-1]] = _TYPES.get(parts[-1], str)(text)
    return {name: _listed(node) for name, node in tree.items()}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if set(node) == {"member"}:
        return [_listed(node["member"][number]) for number in sorted(node["member"], key=int)]
    return {name: _listed(child) for name, child in node.items()}


def _rendered(body: bytes) -> bytes:
    document = json.loads(body)
    metric = "".join(f"<member>{_alarm(alarm)}</member>" for alarm in document.get("MetricAlarms", []))
    composite = "".join(f"<member>{_structure(alarm)}</member>" for alarm in document.get("CompositeAlarms", []))
    token = _element("NextToken", document.get("NextToken"))
    return (
        '<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>'
        f"<MetricAlarms>{metric}</MetricAlarms><CompositeAlarms>{composite}</CompositeAlarms>{token}"
        "</DescribeAlarmsResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></DescribeAlarmsResponse>"
    ).encode()


def _alarm(alarm: Alarm) -> str:
    parts = [_element(name, alarm.get(name)) for name in _SCALARS]
    parts += [_element(name, alarm.get(name) or []) for name in (*_LISTS, "Dimensions")]
    if alarm.get("Metrics"):
        parts.append(_element("Metrics", alarm["Metrics"]))
    return "".join(parts)


def _structure(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items() if not name.endswith("Timestamp"))


def _element(name: str, value: Any) -> str:
    """One XML element; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        inner = str(value).lower()
    elif isinstance(value, dict):
        inner = _structure(value)
    elif isinstance(value, list):
        inner = "".join(_element("member", item) for item in value)
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
