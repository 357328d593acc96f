"""Workgroups: where results go, how much a query may scan, and who decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.engines.athena.api.tags import Tags
from aws_stage.kernel.engine import Call, Handler
from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document, Store

KIND = "workgroup"
PRIMARY = "primary"
ENGINE_VERSION = "Athena engine version 3"
SMALLEST_CUTOFF = 10_000_000
"""Bytes; the service's own lower bound of BytesScannedCutoffPerQuery (API model, BytesScannedCutoffValue)."""

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,128}")
_PRIMARY = {"EnforceWorkGroupConfiguration": False, "PublishCloudWatchMetricsEnabled": False}
_RESULT_MEMBERS = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")
_PLAIN_MEMBERS = (
    "EnforceWorkGroupConfiguration",
    "PublishCloudWatchMetricsEnabled",
    "BytesScannedCutoffPerQuery",
    "RequesterPaysEnabled",
    "AdditionalConfiguration",
    "ExecutionRole",
    "CustomerContentEncryptionConfiguration",
    "EnableMinimumEncryptionConfiguration",
)


class WorkGroups:
    """The workgroups of the account. ``primary`` is always there; ``in_use`` says whether one holds anything."""

    def __init__(
        self,
        store: Store,
        tags: Tags,
        region: str,
        now: Callable[[], datetime],
        empty_out: Callable[[str, bool], None],
    ) -> None:
        self._store = store
        self._tags = tags
        self._region = region
        self._now = now
        self._empty_out = empty_out
        self.operations: dict[str, Handler] = {
            "CreateWorkGroup": self.create,
            "GetWorkGroup": self.get,
            "UpdateWorkGroup": self.update,
            "DeleteWorkGroup": self.delete,
            "ListWorkGroups": self.list_groups,
            "ListEngineVersions": self.list_engine_versions,
        }

    def ensure_primary(self) -> None:
        """Make the workgroup that every account has."""
        if self._store.get(KIND, PRIMARY) is None:
            self._store.put(KIND, PRIMARY, self._new(PRIMARY, _PRIMARY, None))

    def find(self, name: str) -> Document:
        """A workgroup's document; raises InvalidRequestException when there is none of that name."""
        group = self._store.get(KIND, name)
        if group is None:
            raise invalid(f"WorkGroup {name} is not found.")
        return group

    def get_or_none(self, name: str) -> Document | None:
        """A workgroup's document, or None when there is none of that name."""
        return self._store.get(KIND, name)

    def arn(self, name: str) -> str:
        """The workgroup's ARN."""
        return f"arn:aws:athena:{self._region}:{ACCOUNT_ID}:workgroup/{name}"

    def create(self, call: Call) -> dict[str, Any]:
        name = str(required(call.payload, "Name"))
        if not _NAME.fullmatch(name):
            raise invalid(f"WorkGroup name {name!r} must match [a-zA-Z0-9._-]{{1,128}}")
        if self._store.get(KIND, name) is not None:
            raise invalid("WorkGroup is already created")
        configuration = call.payload.get("Configuration") or {}
        self._store.put(KIND, name, self._new(name, configuration, call.payload.get("Description")))
        if call.payload.get("Tags"):
            self._tags.put(self.arn(name), call.payload["Tags"])
        return {}

    def get(self, call: Call) -> dict[str, Any]:
        return {"WorkGroup": self.find(str(required(call.payload, "WorkGroup")))}

    def update(self, call: Call) -> dict[str, Any]:
        name = str(required(call.payload, "WorkGroup"))
        group = self.find(name)
        updates = call.payload.get("ConfigurationUpdates") or {}
        group["Configuration"] = _updated(group["Configuration"], updates)
        if call.payload.get("State"):
            if call.payload["State"] not in ("ENABLED", "DISABLED"):
                raise invalid(f"State {call.payload['State']!r} must be ENABLED or DISABLED")
            group["State"] = call.payload["State"]
        if "Description" in call.payload:
            group["Description"] = call.payload["Description"]
        self._store.put(KIND, name, group)
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        name = str(required(call.payload, "WorkGroup"))
        if name == PRIMARY:
            raise invalid("The primary workgroup cannot be deleted.")
        self.find(name)
        self._empty_out(name, bool(call.payload.get("RecursiveDeleteOption")))
        self._store.delete(KIND, name)
        self._tags.forget(self.arn(name))
        return {}

    def list_groups(self, call: Call) -> dict[str, Any]:
        summaries = [
            {
                **{
                    member: group[member]
                    for member in ("Name", "State", "Description", "CreationTime")
                    if member in group
                },
                "EngineVersion": group["Configuration"]["EngineVersion"],
            }
            for _, group in self._store.items(KIND)
        ]
        summaries, more = page(summaries, call.payload, 50)
        return {"WorkGroups": summaries, **more}

    def list_engine_versions(self, _call: Call) -> dict[str, Any]:
        return {"EngineVersions": [{"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE_VERSION}]}

    def _new(self, name: str, configuration: Document, description: str | None) -> Document:
        group: Document = {
            "Name": name,
            "State": "ENABLED",
            "Configuration": _configured(configuration),
            "CreationTime": self._now().timestamp(),
        }
        if description is not None:
            group["Description"] = description
        return group


def _configured(given: Document) -> Document:
    """A new workgroup's configuration, with the service's defaults for what was not given."""
    configuration: Document = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "ResultConfiguration": {},
    }
    _refuse_unsupported(given)
    configuration.update({member: given[member] for member in _PLAIN_MEMBERS if given.get(member) is not None})
    result = given.get("ResultConfiguration") or {}
    configuration["ResultConfiguration"] = {member: result[member] for member in _RESULT_MEMBERS if result.get(member)}
    configuration["EngineVersion"] = _engine_version(given.get("EngineVersion"))
    return _checked(configuration)


def _updated(configuration: Document, updates: Document) -> Document:
    _refuse_unsupported(updates)
    updated = {**configuration, **{name: updates[name] for name in _PLAIN_MEMBERS if updates.get(name) is not None}}
    for member in ("BytesScannedCutoffPerQuery", "CustomerContentEncryptionConfiguration"):
        if updates.get(f"Remove{member}"):
            updated.pop(member, None)
    if updates.get("EngineVersion"):
        updated["EngineVersion"] = _engine_version(updates["EngineVersion"])
    changes = updates.get("ResultConfigurationUpdates") or {}
    result = dict(configuration["ResultConfiguration"])
    for member in _RESULT_MEMBERS:
        if changes.get(f"Remove{member}"):
            result.pop(member, None)
        elif changes.get(member):
            result[member] = changes[member]
    updated["ResultConfiguration"] = result
    return _checked(updated)


def _checked(configuration: Document) -> Document:
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < SMALLEST_CUTOFF:
        raise invalid(f"BytesScannedCutoffPerQuery must be at least {SMALLEST_CUTOFF} bytes, not {cutoff}")
    check_results(configuration["ResultConfiguration"])
    return configuration


def check_results(result: Document) -> None:
    """Refuse a ResultConfiguration that is wrong, or that asks for what is not built here."""
    location = result.get("OutputLocation")
    if location is not None and not re.match(r"s3://[^/]+", location):
        raise invalid(f"outputLocation is not a valid S3 path: {location}")
    encryption = result.get("EncryptionConfiguration") or {}
    option = encryption.get("EncryptionOption")
    if option == "CSE_KMS":
        raise invalid("The local stage does not support CSE_KMS: use SSE_KMS or SSE_S3.")
    if option == "SSE_KMS" and not encryption.get("KmsKey"):
        raise invalid("KmsKey is required with SSE_KMS")


def _refuse_unsupported(given: Document) -> None:
    """Refuse what would change how a query runs and is not built here."""
    for member in ("ManagedQueryResultsConfiguration", "ManagedQueryResultsConfigurationUpdates"):
        if (given.get(member) or {}).get("Enabled"):
            raise invalid("The local stage does not support managed query results; set an OutputLocation.")
    if (given.get("IdentityCenterConfiguration") or {}).get("EnableIdentityCenter"):
        raise invalid("The local stage does not support IAM Identity Center workgroups.")
    if (given.get("QueryResultsS3AccessGrantsConfiguration") or {}).get("EnableS3AccessGrants"):
        raise invalid("The local stage does not support S3 Access Grants for query results.")
    for member in ("EngineConfiguration", "MonitoringConfiguration"):
        if given.get(member):
            raise invalid(f"The local stage does not support {member}: it has no Spark workgroups.")


def _engine_version(given: Document | None) -> dict[str, str]:
    selected = (given or {}).get("SelectedEngineVersion") or "AUTO"
    if selected not in ("AUTO", ENGINE_VERSION):
        raise invalid(f"The local stage has {ENGINE_VERSION} only, not {selected!r}.")
    return {"SelectedEngineVersion": selected, "EffectiveEngineVersion": ENGINE_VERSION}
