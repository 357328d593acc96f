"""Who may call a domain without a signature: whom its access policy lets in, and its master user by password.

docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html and fgac.html. Of those who sign, every key may do
everything, as elsewhere in the stage.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
from typing import Any

from aws_stage.engines.opensearch.domain.domain import Domain
from aws_stage.kernel.data_plane import PlaneRequest

CALLER = ipaddress.ip_address("127.0.0.1")
"""Nobody else reaches the stage."""


def lets_in(domain: Domain, request: PlaneRequest) -> bool:
    """Whether a request may go on."""
    if request.signed:
        return True
    if _is_master(domain, request.headers.get("authorization", "")):
        return True
    if domain.options["AdvancedSecurityOptions"]["Enabled"]:
        return False  # a request without a user is nobody's there, whatever the policy says
    policy = domain.options["AccessPolicies"]
    statements = json.loads(policy)["Statement"] if policy else []
    statements = statements if isinstance(statements, list) else [statements]
    action = f"es:ESHttp{request.method.title()}"
    matching = {each.get("Effect") for each in statements if _matches(each, action)}
    return "Allow" in matching and "Deny" not in matching


def asks_for_password(domain: Domain) -> bool:
    """Whether a browser should ask its user for the name and the password of the master user."""
    security = domain.options["AdvancedSecurityOptions"]
    return bool(security["Enabled"] and security["InternalUserDatabaseEnabled"])


def _is_master(domain: Domain, authorization: str) -> bool:
    security = domain.options["AdvancedSecurityOptions"]
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic" or not security["Enabled"] or not security["InternalUserDatabaseEnabled"]:
        return False
    user = security["MasterUserOptions"]
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{user['MasterUserName']}:{user['MasterUserPassword']}".encode())


def _matches(statement: dict[str, Any], action: str) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    if "*" not in _several(principal):
        return False
    actions = _several(statement.get("Action"))
    if not any(each in ("*", "es:*", "es:ESHttp*", action) for each in actions):
        return False
    return all(_holds(kind, values) for kind, values in (statement.get("Condition") or {}).items())


def _holds(kind: str, values: dict[str, Any]) -> bool:
    """Whether a condition holds for a caller of this machine; one that the stage does not know never does."""
    if kind != "IpAddress" or set(values) != {"aws:SourceIp"}:
        return False
    networks = (ipaddress.ip_network(each, strict=False) for each in _several(values["aws:SourceIp"]))
    return any(CALLER in network for network in networks)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
