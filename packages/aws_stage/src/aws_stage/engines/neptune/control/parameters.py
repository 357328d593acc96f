"""Parameter groups of clusters and of instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_stage.engines.neptune.control.book import CLUSTER_PARAMETERS, PARAMETERS, Book, Kind, invalid
from aws_stage.kernel.engine import AwsError, Call

FAMILIES = ("neptune1.2", "neptune1.3", "neptune1.4")
DEFAULT_TIMEOUT_MS = 120_000
TIMEOUT = "neptune_query_timeout"


@dataclass(frozen=True)
class _Rule:
    default: str
    dynamic: bool
    allowed: str = ""


_CLUSTER_RULES = {
    "neptune_autoscaling_config": _Rule("", dynamic=True),
    "neptune_dfe_query_engine": _Rule("viaQueryHint", dynamic=False, allowed="viaQueryHint,enabled"),
    "neptune_enable_audit_log": _Rule("0", dynamic=False, allowed="0,1"),
    "neptune_enable_slow_query_log": _Rule("disable", dynamic=True, allowed="disable,info,debug"),
    "neptune_enforce_ssl": _Rule("1", dynamic=False, allowed="0,1"),
    "neptune_lab_mode": _Rule("", dynamic=False),
    "neptune_lookup_cache": _Rule("0", dynamic=False, allowed="0,1"),
    "neptune_ml_iam_role": _Rule("", dynamic=False),
    TIMEOUT: _Rule(str(DEFAULT_TIMEOUT_MS), dynamic=False, allowed="10-2147483647"),
    "neptune_result_cache": _Rule("0", dynamic=False, allowed="0,1"),
    "neptune_slow_query_log_threshold": _Rule("5000", dynamic=True, allowed="0-2147483647"),
    "neptune_streams": _Rule("0", dynamic=False, allowed="0,1"),
    "neptune_streams_expiry_days": _Rule("7", dynamic=True, allowed="1-90"),
}
_INSTANCE_RULES = {name: _CLUSTER_RULES[name] for name in ("neptune_dfe_query_engine", TIMEOUT, "neptune_result_cache")}
"""docs.aws.amazon.com/neptune/latest/userguide/parameters.html"""

_RULES: Mapping[Kind, Mapping[str, _Rule]] = {CLUSTER_PARAMETERS: _CLUSTER_RULES, PARAMETERS: _INSTANCE_RULES}


class ParameterGroups:
    """Handlers of the calls for one of the two kinds; ``prefix`` begins its members: ``DBClusterParameterGroup``."""

    def __init__(self, book: Book, kind: Kind, prefix: str) -> None:
        self._book = book
        self._kind = kind
        self._prefix = prefix

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDB(Cluster)ParameterGroup."""
        name, family = call.payload[f"{self._prefix}Name"], call.payload["DBParameterGroupFamily"]
        if family not in FAMILIES:
            raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
        members = {
            f"{self._prefix}Name": name.lower(),
            "DBParameterGroupFamily": family,
            "Description": call.payload["Description"],
        }
        created = self._book.create(self._kind, name, members, call.payload, parameters={})
        return {self._prefix: created["members"]}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDB(Cluster)ParameterGroups."""
        name = call.payload.get(f"{self._prefix}Name")
        found = [self._book.get(self._kind, name)] if name else self._book.all(self._kind)
        return {f"{self._prefix}s": [document["members"] for document in found]}

    def modify(self, call: Call) -> dict[str, Any]:
        """ModifyDB(Cluster)ParameterGroup."""
        name = call.payload[f"{self._prefix}Name"]
        document = self._book.get(self._kind, name)
        for given in call.payload["Parameters"]:
            self._check(given)
            document["parameters"][given["ParameterName"]] = {
                "value": given.get("ParameterValue", ""),
                "method": given.get("ApplyMethod", "pending-reboot"),
            }
        self._book.keep(self._kind, name, document)
        return {f"{self._prefix}Name": name}

    def reset(self, call: Call) -> dict[str, Any]:
        """ResetDB(Cluster)ParameterGroup."""
        name = call.payload[f"{self._prefix}Name"]
        document = self._book.get(self._kind, name)
        if call.payload.get("ResetAllParameters"):
            document["parameters"] = {}
        for given in call.payload.get("Parameters") or []:
            document["parameters"].pop(given["ParameterName"], None)
        self._book.keep(self._kind, name, document)
        return {f"{self._prefix}Name": name}

    def parameters(self, call: Call) -> dict[str, Any]:
        """DescribeDB(Cluster)Parameters."""
        document = self._book.get(self._kind, call.payload[f"{self._prefix}Name"])
        source = call.payload.get("Source")
        listed = [self._described(name, document["parameters"].get(name)) for name in _RULES[self._kind]]
        return {"Parameters": [each for each in listed if source in (None, each["Source"])]}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDB(Cluster)ParameterGroup."""
        name = call.payload[f"{self._prefix}Name"]
        self._book.get(self._kind, name)
        self._book.delete(self._kind, name)
        return {}

    def _check(self, given: Mapping[str, Any]) -> None:
        name, value = given["ParameterName"], given.get("ParameterValue", "")
        rule = _RULES[self._kind].get(name)
        if rule is None:
            raise invalid(f"Could not find parameter with name: {name}")
        if given.get("ApplyMethod") == "immediate" and not rule.dynamic:
            raise AwsError(
                "InvalidParameterCombination", f"cannot use immediate apply method for static parameter {name}", 400
            )
        if not _fits(value, rule.allowed):
            raise invalid(f"Invalid parameter value: {value} for: {name} allowed values are: {rule.allowed}")

    def _described(self, name: str, own: Mapping[str, str] | None) -> dict[str, Any]:
        rule = _RULES[self._kind][name]
        return {
            "ParameterName": name,
            "ParameterValue": rule.default if own is None else own["value"],
            "Source": "engine-default" if own is None else "user",
            "ApplyType": "dynamic" if rule.dynamic else "static",
            "DataType": "integer" if "-" in rule.allowed else "string",
            "AllowedValues": rule.allowed or None,
            "IsModifiable": True,
            "ApplyMethod": "pending-reboot" if own is None else own["method"],
        }


def check_group(book: Book, kind: Kind, name: str) -> str:
    """The name of a group that there is, in lower case; raises AwsError. Those of AWS's own are always there."""
    if not name.startswith("default."):
        book.get(kind, name)
    return name.lower()


def family_of(version: str) -> str:
    """The family of an engine's version."""
    return "neptune" + ".".join(version.split(".")[:2])


def query_timeout(book: Book, group: str) -> int:
    """How long a query of a cluster with that parameter group may take, in milliseconds."""
    found = book.find(CLUSTER_PARAMETERS, group)
    own = None if found is None else found["parameters"].get(TIMEOUT)
    return DEFAULT_TIMEOUT_MS if own is None else int(own["value"])


def _fits(value: str, allowed: str) -> bool:
    low, dash, high = allowed.partition("-")
    if dash:
        return value.isdecimal() and int(low) <= int(value) <= int(high)
    return not allowed or value in allowed.split(",")
