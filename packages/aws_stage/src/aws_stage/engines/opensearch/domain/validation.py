"""What a domain may be, beyond the constraints of AWS's service model: what the local stage lacks is refused."""

from __future__ import annotations

import json
from typing import Any

from aws_stage.engines.opensearch.domain.domain import DEFAULTS, VERSIONS
from aws_stage.kernel.engine import AwsError

_ABSENT = ("VPCOptions", "IdentityCenterOptions", "AIMLOptions", "DeploymentStrategyOptions")
_OWN = frozenset({"DomainName", "EngineVersion", "TagList", "DryRun", "DryRunMode"})


def invalid(message: str) -> AwsError:
    """The error that the service answers to a value that it does not accept."""
    return AwsError("ValidationException", message)


def unsupported(what: str) -> AwsError:
    """A thing that AWS does and this engine does not."""
    return invalid(f"{what} is not supported by the local stage. docs/local-stage.md lists what it supports.")


def engine_version(wanted: str) -> str:
    """``wanted``; raises for a version whose requests the data plane does not answer."""
    if wanted not in VERSIONS:
        raise unsupported(f"EngineVersion {wanted} (it has {VERSIONS[0]} to {VERSIONS[-1]})")
    return wanted


def completed(options: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """``options`` of a domain, changed as a CreateDomain or UpdateDomainConfig ``request`` says."""
    changed = dict(options)
    for name, value in request.items():
        if name in _OWN or value is None:
            continue
        if name not in DEFAULTS and name != "LogPublishingOptions":
            if name in _ABSENT and not _asks_for_something(value):
                continue
            raise unsupported(name)
        changed[name] = {**changed.get(name, {}), **value} if isinstance(value, dict) else value
    _check(changed)
    return changed


def _check(options: dict[str, Any]) -> None:
    if options["CognitoOptions"].get("Enabled"):
        raise unsupported("CognitoOptions")
    if options["DomainEndpointOptions"].get("CustomEndpointEnabled"):
        raise unsupported("A custom endpoint")
    if options["AccessPolicies"]:
        try:
            policy = json.loads(options["AccessPolicies"])
        except ValueError as error:
            raise AwsError("InvalidTypeException", f"Error setting policy: {error}", 409) from error
        if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list | dict):
            raise AwsError("InvalidTypeException", "Error setting policy: a policy has statements", 409)
    security = options["AdvancedSecurityOptions"]
    for unknown in ("SAMLOptions", "JWTOptions", "IAMFederationOptions"):
        if (security.get(unknown) or {}).get("Enabled"):
            raise unsupported(f"AdvancedSecurityOptions.{unknown}")
    if security["Enabled"] and not options["EncryptionAtRestOptions"].get("Enabled"):
        raise invalid("Encryption at rest must be enabled to use fine-grained access control.")
    if security["Enabled"] and not options["NodeToNodeEncryptionOptions"].get("Enabled"):
        raise invalid("Node-to-node encryption must be enabled to use fine-grained access control.")
    if security["Enabled"] and not options["DomainEndpointOptions"].get("EnforceHTTPS"):
        raise invalid("Enforce HTTPS must be enabled to use fine-grained access control.")
    if security["InternalUserDatabaseEnabled"]:
        user = security.get("MasterUserOptions") or {}
        if not user.get("MasterUserName") or not user.get("MasterUserPassword"):
            raise invalid("You must provide a master username and password for the internal user database.")


def _asks_for_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_asks_for_something, value.values()))
    return bool(value)
