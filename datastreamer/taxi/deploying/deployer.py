"""The newest approved version serves: what is to be done for that, whatever happened and however often it is asked.

Events only say that it is time to look. What is done follows from the registry and the endpoint as they are: an event
that comes twice finds nothing left to do, and a deployment that was interrupted goes on where it stands. While an
endpoint changes nothing is done; its own event, when it is done, asks again.

A version is marked with the time of the endpoint's last change before its own update begins. If the endpoint has
changed since and does not serve it, the update was turned back: the version is rejected with the endpoint's reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from datastreamer.errors import JobFailedError, RetryableError
from datastreamer.taxi.deploying.resources import make_ready
from datastreamer.taxi.deploying.settings import Settings
from datastreamer.taxi.model.registry import APPROVED, LONGEST_REASON, REJECTED, Version, versions
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.serving import endpoint_state, version_of

MARK: Final = "deployment_began_at"
"""The property of a package under way."""
_NO_ENDPOINT: Final = "no-endpoint"
_CHANGING: Final = ("Creating", "Updating", "SystemUpdating", "RollingBack")


@dataclass(frozen=True)
class Report:
    """What was done: ``action`` is nothing, waiting, created, updating, rejected; of ``version``, and why."""

    action: str
    version: str = ""
    why: str = ""


@dataclass(frozen=True)
class Deployer:
    """Serves the versions of group ``name`` at the endpoint of that name."""

    name: str
    client: Callable[[str], Any]
    rules: RulesTable
    settings: Settings

    def look(self) -> Report:
        """Do the next thing that is to be done.

        Raises RetryableError while alarms ring or the endpoint goes away: then it is to be asked again; JobFailedError
        for an endpoint that only a person can repair; ConfigurationError for a package that brings no rule.
        """
        sagemaker = self.client("sagemaker")
        state = endpoint_state(sagemaker, self.name)
        status = "" if state is None else state["EndpointStatus"]
        if status in _CHANGING:
            return Report("waiting", why=f"the endpoint is {status}")
        if status == "Deleting":
            raise RetryableError(f"endpoint {self.name} is being deleted")
        if status == "UpdateRollbackFailed":
            raise JobFailedError(f"endpoint {self.name} could not be rolled back: {_reason(state)}")
        there = versions(sagemaker, self.name)
        wanted = next((each for each in there if each.approval == APPROVED), None)
        if status == "Failed":
            return self._give_up_creation(sagemaker, state, wanted)
        served = None if state is None else version_of(self.name, state["EndpointConfigName"])
        self._unmark(sagemaker, next((each for each in there if each.version == served), None))
        if wanted is None:
            return Report("nothing", why="no version is approved")
        if wanted.version == served:
            return Report("nothing", served, "it is in service")
        mark = self._properties(sagemaker, wanted).get(MARK)
        now = _NO_ENDPOINT if state is None else state["LastModifiedTime"].isoformat()
        if state is not None and mark not in (None, now, _NO_ENDPOINT):
            return self._reject(sagemaker, wanted, _reason(state))
        return self._deploy(sagemaker, wanted, served, now)

    def _deploy(self, sagemaker: Any, wanted: Version, served: str | None, now: str) -> Report:
        back = served is not None and int(wanted.version) < int(served)
        if now != _NO_ENDPOINT and not back:
            self._refuse_ringing(wanted)
        config = make_ready(sagemaker, self.rules, self.name, wanted, self.settings)
        sagemaker.update_model_package(ModelPackageArn=wanted.arn, CustomerMetadataProperties={MARK: now})
        if now == _NO_ENDPOINT:
            sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=config)
            return Report("created", wanted.version)
        try:
            sagemaker.update_endpoint(
                EndpointName=self.name,
                EndpointConfigName=config,
                DeploymentConfig=_AT_ONCE if back else _canary(self.settings),
            )
        except ClientError as error:
            if "in-progress" not in error.response["Error"].get("Message", ""):
                raise
            return Report("waiting", wanted.version, "another update of the endpoint began meanwhile")
        return Report("updating", wanted.version, "back, all at once" if back else "by a canary")

    def _refuse_ringing(self, wanted: Version) -> None:
        """An alarm that rings already would turn the update back at once, and a good version would be rejected."""
        alarms = list(self.settings.alarms)
        found = self.client("cloudwatch").describe_alarms(AlarmNames=alarms, StateValue="ALARM")["MetricAlarms"]
        if found:
            names = ", ".join(sorted(each["AlarmName"] for each in found))
            raise RetryableError(f"version {wanted.version} waits while alarms ring: {names}")

    def _give_up_creation(self, sagemaker: Any, state: Any, wanted: Version | None) -> Report:
        """A failed endpoint cannot be updated (SageMaker API reference, UpdateEndpoint): the next one is created."""
        failed, why = version_of(self.name, state["EndpointConfigName"]), _reason(state)
        report = Report("deleting", failed or "", why)
        if wanted is not None and wanted.version == failed:
            report = self._reject(sagemaker, wanted, why)
        sagemaker.delete_endpoint(EndpointName=self.name)
        return report

    def _reject(self, sagemaker: Any, version: Version, why: str) -> Report:
        sagemaker.update_model_package(
            ModelPackageArn=version.arn,
            ModelApprovalStatus=REJECTED,
            ApprovalDescription=f"Not taken into service. {why}"[:LONGEST_REASON],
            CustomerMetadataPropertiesToRemove=[MARK],
        )
        return Report("rejected", version.version, why)

    def _unmark(self, sagemaker: Any, served: Version | None) -> None:
        """The mark of a version that has arrived; it may leave and come back."""
        if served is not None and MARK in self._properties(sagemaker, served):
            sagemaker.update_model_package(ModelPackageArn=served.arn, CustomerMetadataPropertiesToRemove=[MARK])

    def _properties(self, sagemaker: Any, version: Version) -> dict[str, str]:
        package = sagemaker.describe_model_package(ModelPackageName=version.arn)
        found: dict[str, str] = package.get("CustomerMetadataProperties", {})
        return found


_AT_ONCE: Final = {
    "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
}
"""Back to a version that has served: no alarm would let it, since those of the bad one ring."""


def _canary(settings: Settings) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": settings.canary_percent},
                "WaitIntervalInSeconds": settings.baking_seconds,
            },
            "TerminationWaitInSeconds": settings.settling_seconds,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in settings.alarms]},
    }


def _reason(state: Any) -> str:
    """The endpoint's own, in one line, as ApprovalDescription takes it."""
    return " ".join(state.get("FailureReason", "The endpoint was turned back and gives no reason.").split())
