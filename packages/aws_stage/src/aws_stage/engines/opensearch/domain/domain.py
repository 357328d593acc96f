"""A domain: what is stored of it, and how the API describes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document

DEFAULT_VERSION = "OpenSearch_2.19"
VERSIONS = tuple(f"OpenSearch_2.{minor}" for minor in (3, 5, 7, 9, 11, 13, 15, 17, 19))
"""Versions of the line whose requests the data plane answers."""

DEFAULTS: dict[str, Any] = {
    "ClusterConfig": {
        "InstanceType": "m5.large.search",
        "InstanceCount": 1,
        "DedicatedMasterEnabled": False,
        "ZoneAwarenessEnabled": False,
        "WarmEnabled": False,
        "ColdStorageOptions": {"Enabled": False},
        "MultiAZWithStandbyEnabled": False,
    },
    "EBSOptions": {"EBSEnabled": False},
    "AccessPolicies": "",
    "IPAddressType": "ipv4",
    "SnapshotOptions": {"AutomatedSnapshotStartHour": 0},
    "CognitoOptions": {"Enabled": False},
    "EncryptionAtRestOptions": {"Enabled": False},
    "NodeToNodeEncryptionOptions": {"Enabled": False},
    "AdvancedOptions": {
        "override_main_response_version": "false",
        "rest.action.multi.allow_explicit_index": "true",
    },
    "DomainEndpointOptions": {
        "EnforceHTTPS": False,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07",
        "CustomEndpointEnabled": False,
    },
    "AdvancedSecurityOptions": {
        "Enabled": False,
        "InternalUserDatabaseEnabled": False,
        "AnonymousAuthEnabled": False,
    },
    "AutoTuneOptions": {"DesiredState": "DISABLED", "UseOffPeakWindow": False},
    "OffPeakWindowOptions": {
        "Enabled": True,
        "OffPeakWindow": {"WindowStartTime": {"Hours": 13, "Minutes": 0}},
    },
    "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": False},
}
"""What CreateDomain takes for what it is not given (API reference of the service, 2021-01-01)."""

_SECRET = "MasterUserOptions"  # noqa: S105  the name of a member


@dataclass(frozen=True)
class Domain:
    """One version of a domain. ``uid`` tells it from an earlier one of its name; times are seconds since the epoch."""

    name: str
    uid: str
    region: str
    engine_version: str
    created: float
    updated: float
    version: int
    options: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Document) -> Domain:
        return cls(**document)

    def document(self) -> Document:
        """What the store keeps."""
        return asdict(self)

    @property
    def arn(self) -> str:
        return f"arn:aws:es:{self.region}:{ACCOUNT_ID}:domain/{self.name}"

    def endpoint(self, port: int) -> str:
        """Where the domain answers: with its scheme, as there is no TLS here, where AWS leaves out ``https``."""
        return f"http://{self.name}.{self.region}.es.localhost:{port}"

    def status(self, port: int, *, deleted: bool = False) -> dict[str, Any]:
        """The ``DomainStatus``."""
        options = self._described()
        tune = options.pop("AutoTuneOptions")
        return {
            "DomainId": f"{ACCOUNT_ID}/{self.name}",
            "DomainName": self.name,
            "ARN": self.arn,
            "Created": True,
            "Deleted": deleted,
            "Endpoint": self.endpoint(port),
            "Processing": False,
            "UpgradeProcessing": False,
            "DomainProcessingStatus": "Deleting" if deleted else "Active",
            "EngineVersion": self.engine_version,
            "AutoTuneOptions": {
                "State": f"{tune['DesiredState']}",
                "UseOffPeakWindow": tune.get("UseOffPeakWindow", False),
            },
            "ServiceSoftwareOptions": {
                "CurrentVersion": "",
                "NewVersion": "",
                "UpdateAvailable": False,
                "Cancellable": False,
                "UpdateStatus": "COMPLETED",
                "Description": "There is no software update available for this domain.",
                "AutomatedUpdateDate": 0,
                "OptionalDeployment": True,
            },
            **options,
        }

    def config(self) -> dict[str, Any]:
        """The ``DomainConfig``: each option with the state of its last change."""
        status = {
            "CreationDate": self.created,
            "UpdateDate": self.updated,
            "UpdateVersion": self.version,
            "State": "Active",
            "PendingDeletion": False,
        }
        described: dict[str, Any] = {"EngineVersion": self.engine_version, **self._described()}
        tune = described.pop("AutoTuneOptions")
        tune_status = {**status, "State": tune["DesiredState"]}
        return {
            **{name: {"Options": value, "Status": status} for name, value in described.items()},
            "AutoTuneOptions": {"Options": tune, "Status": tune_status},
        }

    def _described(self) -> dict[str, Any]:
        options = dict(self.options)
        security = options["AdvancedSecurityOptions"]
        options["AdvancedSecurityOptions"] = {name: value for name, value in security.items() if name != _SECRET}
        return options
