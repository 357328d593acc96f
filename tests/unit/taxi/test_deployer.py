"""The newest approved version serves: what is done for it, whatever happened, and however often it is asked."""

# ruff: noqa: N803  arguments have the names of AWS's API
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError
from datastreamer.taxi.deploying.deployer import MARK, Deployer, Report
from datastreamer.taxi.deploying.settings import Settings
from datastreamer.taxi.model.rules_table import RulesTable
from tests.unit.taxi.registry import GROUP, Registry, Table

CHANGED = datetime(2025, 4, 2, 9, 0, 0, 123000, tzinfo=UTC)
SETTINGS = Settings("role", "ml.m5.large", 2, "key", 10, 600, 300, (f"{GROUP}-errors", f"{GROUP}-residual"))


class SageMaker(Registry):
    """An endpoint that changes when it is told to; ``stops_at`` is the call at which the function is ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ringing: list[str] = []
        self.stops_at = ""
        self.table = Table()
        self.busy = False

    @property
    def deployer(self) -> Deployer:
        return Deployer(GROUP, self.client, RulesTable(self.table), SETTINGS)

    def look(self) -> Report:
        return self.deployer.look()

    def serves(self, version: int, status: str = "InService", **more: Any) -> None:
        """The endpoint serves a version, and has changed."""
        changed = CHANGED if self.state is None else self.state["LastModifiedTime"] + timedelta(seconds=30)
        self.state = {
            "EndpointStatus": status,
            "EndpointConfigName": f"{GROUP}-v{version}",
            "LastModifiedTime": changed,
            **more,
        }

    def _noted(self, operation: str, request: dict[str, Any]) -> None:
        if operation == self.stops_at:
            raise KeyboardInterrupt
        self.calls.append((operation, request))

    def update_model_package(self, *, ModelPackageArn: str, **request: Any) -> None:
        if self.stops_at == "UpdateModelPackage":
            raise KeyboardInterrupt
        super().update_model_package(ModelPackageArn=ModelPackageArn, **request)

    def create_model(self, **request: Any) -> None:
        self._create("CreateModel", request["ModelName"], request)

    def create_endpoint_config(self, **request: Any) -> None:
        self._create("CreateEndpointConfig", request["EndpointConfigName"], request)

    def _create(self, operation: str, name: str, request: dict[str, Any]) -> None:
        self._noted(operation, request)
        if f"{operation} {name}" in self.there:
            raise _refusal(f'Cannot create already existing model "{name}".')
        self.there.add(f"{operation} {name}")

    def create_endpoint(self, *, EndpointName: str, EndpointConfigName: str) -> None:
        self._noted("CreateEndpoint", {"EndpointName": EndpointName})
        self.serves(int(EndpointConfigName.rpartition("-v")[2]), "Creating")

    def update_endpoint(self, **request: Any) -> None:
        self._noted("UpdateEndpoint", request)
        assert self.state is not None
        if self.busy:
            raise _refusal('Cannot update in-progress endpoint "arn".')
        self.state |= {"EndpointStatus": "Updating", "LastModifiedTime": CHANGED + timedelta(seconds=10)}

    def delete_endpoint(self, *, EndpointName: str) -> None:
        self._noted("DeleteEndpoint", {"EndpointName": EndpointName})
        self.state = None

    def describe_alarms(self, *, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in self.ringing if name in AlarmNames]}

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]

    def approval(self, arn: str) -> str:
        return str(self.packages[arn]["ModelApprovalStatus"])


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


def test_nothing_is_done_until_a_version_is_approved(sagemaker: SageMaker) -> None:
    sagemaker.add()
    assert sagemaker.look() == Report("nothing", why="no version is approved")
    assert not sagemaker.calls


def test_the_first_version_gets_its_rule_and_an_endpoint(sagemaker: SageMaker) -> None:
    arn = sagemaker.add("Approved")
    assert sagemaker.look() == Report("created", "1")
    assert [name for name, _ in sagemaker.calls] == [
        *("CreateModel", "CreateEndpointConfig", "UpdateModelPackage", "CreateEndpoint")
    ]
    assert sagemaker.table.items["1"]["floor"] == Decimal("1.5")
    assert sagemaker.table.items["1"]["package_arn"] == arn
    [model] = sagemaker.called("CreateModel")
    assert model["PrimaryContainer"] == {"ModelPackageName": arn}
    assert model["ModelName"] == f"{GROUP}-v1"


def test_the_rule_is_there_before_the_model(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.stops_at = "CreateModel"
    with pytest.raises(KeyboardInterrupt):
        sagemaker.look()
    assert "1" in sagemaker.table.items


def test_a_later_version_comes_by_a_canary_that_alarms_turn_back(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    sagemaker.add("Approved")
    assert sagemaker.look() == Report("updating", "2", "by a canary")
    [update] = sagemaker.called("UpdateEndpoint")
    assert update["EndpointConfigName"] == f"{GROUP}-v2"
    policy = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
        "WaitIntervalInSeconds": 600,
    }
    assert policy["TerminationWaitInSeconds"] == 300
    alarms = update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert alarms == [{"AlarmName": f"{GROUP}-errors"}, {"AlarmName": f"{GROUP}-residual"}]


def test_an_event_that_comes_twice_finds_nothing_left_to_do(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    sagemaker.add("Approved")
    sagemaker.look()
    assert sagemaker.look() == Report("waiting", why="the endpoint is Updating")
    sagemaker.serves(2)
    assert sagemaker.look() == Report("nothing", "2", "it is in service")
    assert sagemaker.look() == Report("nothing", "2", "it is in service")
    assert len(sagemaker.called("UpdateEndpoint")) == 1


def test_a_version_that_was_turned_back_is_rejected_with_the_endpoints_reason(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    bad = sagemaker.add("Approved")
    sagemaker.look()
    sagemaker.serves(1, FailureReason="Alarms are in state\nALARM: residual.")
    assert sagemaker.look() == Report("rejected", "2", "Alarms are in state ALARM: residual.")
    assert sagemaker.approval(bad) == "Rejected"
    assert "ALARM: residual" in sagemaker.packages[bad]["ApprovalDescription"]
    assert sagemaker.look() == Report("nothing", "1", "it is in service")
    assert len(sagemaker.called("UpdateEndpoint")) == 1


@pytest.mark.parametrize("call", ["CreateModel", "CreateEndpointConfig", "UpdateModelPackage", "UpdateEndpoint"])
def test_a_deployment_that_was_interrupted_goes_on(sagemaker: SageMaker, call: str) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    good = sagemaker.add("Approved")
    sagemaker.stops_at = call
    with pytest.raises(KeyboardInterrupt):
        sagemaker.look()
    sagemaker.stops_at = ""
    assert sagemaker.look() == Report("updating", "2", "by a canary")
    assert sagemaker.approval(good) == "Approved"


def test_a_creation_that_was_interrupted_goes_on(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.stops_at = "CreateEndpoint"
    with pytest.raises(KeyboardInterrupt):
        sagemaker.look()
    sagemaker.stops_at = ""
    assert sagemaker.look() == Report("created", "1")


def test_a_first_version_that_does_not_start_is_rejected_and_its_endpoint_deleted(sagemaker: SageMaker) -> None:
    bad = sagemaker.add("Approved")
    sagemaker.look()
    sagemaker.serves(1, "Failed", FailureReason="did not pass the ping health check")
    assert sagemaker.look() == Report("rejected", "1", "did not pass the ping health check")
    assert sagemaker.approval(bad) == "Rejected"
    sagemaker.add("Approved")
    assert sagemaker.look() == Report("created", "2")


def test_back_to_an_older_version_it_goes_at_once_and_whatever_rings(sagemaker: SageMaker) -> None:
    old = sagemaker.add("Approved")
    sagemaker.serves(1)
    bad = sagemaker.add("Approved")
    sagemaker.look()
    sagemaker.serves(2)
    sagemaker.look()
    sagemaker.packages[bad]["ModelApprovalStatus"] = "Rejected"
    sagemaker.ringing = [f"{GROUP}-residual"]
    assert sagemaker.look() == Report("updating", "1", "back, all at once")
    [_, back] = sagemaker.called("UpdateEndpoint")
    assert "AutoRollbackConfiguration" not in back["DeploymentConfig"]
    sagemaker.serves(1)
    assert sagemaker.look() == Report("nothing", "1", "it is in service")
    assert MARK not in sagemaker.packages[old]["CustomerMetadataProperties"]


def test_a_version_that_served_once_is_not_taken_for_one_that_was_turned_back(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.look()
    sagemaker.serves(1)
    bad = sagemaker.add("Approved")
    sagemaker.look()
    sagemaker.serves(2)
    sagemaker.packages[bad]["ModelApprovalStatus"] = "Rejected"
    assert sagemaker.look().action == "updating"
    assert sagemaker.approval(next(iter(sagemaker.packages))) == "Approved"


def test_while_alarms_ring_a_version_waits_and_is_not_rejected(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    good = sagemaker.add("Approved")
    sagemaker.ringing = [f"{GROUP}-residual"]
    with pytest.raises(RetryableError, match=f"version 2 waits while alarms ring: {GROUP}-residual"):
        sagemaker.look()
    assert sagemaker.approval(good) == "Approved"
    sagemaker.ringing = []
    assert sagemaker.look().action == "updating"


def test_an_update_that_another_began_meanwhile_is_waited_for(sagemaker: SageMaker) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1)
    sagemaker.add("Approved")
    sagemaker.busy = True
    assert sagemaker.look() == Report("waiting", "2", "another update of the endpoint began meanwhile")


@pytest.mark.parametrize(("status", "error"), [("Deleting", RetryableError), ("UpdateRollbackFailed", JobFailedError)])
def test_an_endpoint_that_takes_no_update_is_an_error(
    sagemaker: SageMaker, status: str, error: type[Exception]
) -> None:
    sagemaker.add("Approved")
    sagemaker.serves(1, status)
    with pytest.raises(error):
        sagemaker.look()
    assert not sagemaker.calls


def test_a_package_that_brings_no_rule_is_not_deployed(sagemaker: SageMaker) -> None:
    arn = sagemaker.add("Approved")
    sagemaker.packages[arn]["CustomerMetadataProperties"] = {}
    with pytest.raises(ConfigurationError, match="have no 'floor'"):
        sagemaker.look()
    assert not sagemaker.called("CreateModel")


def test_settings_come_from_the_environment() -> None:
    environ = {
        "MODEL_ROLE_ARN": "role",
        "INSTANCE_TYPE": "ml.m5.large",
        "INSTANCES": "2",
        "KMS_KEY_ARN": "key",
        "CANARY_PERCENT": "10",
        "BAKING_SECONDS": "600",
        "SETTLING_SECONDS": "300",
        "ALARMS": f"{GROUP}-errors,{GROUP}-residual",
    }
    assert Settings.from_env(environ) == SETTINGS
    with pytest.raises(ConfigurationError, match="INSTANCES"):
        Settings.from_env({name: value for name, value in environ.items() if name != "INSTANCES"})


def _refusal(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Create")
