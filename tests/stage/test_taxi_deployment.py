"""Versions of the fare model on their way into service, and bad ones on their way out again, by events alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from aws_stage.testing.lambda_functions import invoke
from aws_stage.testing.waiting import eventually
from aws_stage.testing.watched_events import WatchedEvents

from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from tests.conftest import REPOSITORY, RunningStage
from tests.stage.taxi_models import BROKEN, RESIDUAL_DOLLARS, FareModels, Trips, archive

pytestmark = [pytest.mark.stage, pytest.mark.slow]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_lambda_package(REPOSITORY / "lambdas" / "taxi_deploy", REPOSITORY, tmp_path_factory.mktemp("zip"))


@pytest.fixture
def models(stage: RunningStage, package: Path) -> FareModels:
    return FareModels(stage, package)


def test_an_approved_version_comes_into_service_once_though_its_event_comes_twice(models: FareModels) -> None:
    first = models.promoted(archive())
    assert models.dynamodb.get_item(TableName=models.names.thresholds_table, Key={"model_version": {"S": first}})[
        "Item"
    ]["floor"] == {"N": "1"}
    second = models.register(archive(times=1.01))
    with (
        Trips(models) as trips,
        WatchedEvents(models.stage, "SageMaker Endpoint State Change", EndpointName=models.name) as events,
    ):
        models.decide(second, "Approved")
        models.decide(second, "Approved")
        invoke(models.stage, models.function, {})
        models.serves(second)
        eventually(lambda: "IN_SERVICE" in [each["EndpointStatus"] for each in events.details()])
        assert [each["EndpointStatus"] for each in events.details()].count("UPDATING") == 1
    assert trips.answered
    assert max(trips.answered) < RESIDUAL_DOLLARS
    assert models.package(second)["ModelApprovalStatus"] == "Approved"
    eventually(lambda: "deployment_began_at" not in models.package(second)["CustomerMetadataProperties"])


@pytest.mark.parametrize(
    ("bad", "alarm"),
    [
        (archive(times=100.0), "residual"),
        (archive(constant=60.0), "residual"),
        (archive(columns=3), "refusals"),
    ],
    ids=["times-100", "constant", "wrong-columns"],
)
def test_a_bad_model_is_turned_back_by_its_alarm_and_rejected(models: FareModels, bad: bytes, alarm: str) -> None:
    good = models.promoted(archive())
    with Trips(models) as trips:
        version = models.register(bad)
        models.decide(version, "Approved")
        reason = models.rejected(version)
        models.serves(good)
        assert f"{models.name}-{alarm}" in reason
        assert max(abs(fare) for fare in trips.ask()) < 200.0
    assert models.package(good)["ModelApprovalStatus"] == "Approved"


def test_a_model_that_does_not_start_is_rejected_and_the_old_one_serves_on(models: FareModels) -> None:
    good = models.promoted(archive())
    version = models.register(BROKEN)
    models.decide(version, "Approved")
    assert "did not pass the ping health check" in models.rejected(version)
    models.serves(good)


def test_a_first_model_that_does_not_start_makes_room_for_the_next(models: FareModels) -> None:
    broken = models.register(BROKEN)
    models.decide(broken, "Approved")
    models.rejected(broken)
    models.promoted(archive())


def test_a_rejected_version_that_serves_gives_way_to_the_one_before(models: FareModels) -> None:
    good = models.promoted(archive())
    later = models.promoted(archive(times=1.01))
    models.decide(later, "Rejected")
    models.serves(good)


def test_an_endpoint_whose_process_is_killed_during_the_canary_ends_in_service(models: FareModels) -> None:
    good = models.promoted(archive())
    version = models.register(archive(times=1.01))
    with Trips(models) as trips:
        models.decide(version, "Approved")
        eventually(lambda: models.endpoint()["EndpointStatus"], "Updating")
        [pids] = models.stage.data_dir.glob(f"**/{models.name}/AllTraffic.pid")
        os.kill(int(pids.read_text().split()[0]), signal.SIGKILL)
        eventually(lambda: models.endpoint()["EndpointStatus"], "InService")
        before = len(trips.answered)
        eventually(lambda: len(trips.answered) > before)
    served = models.endpoint()["EndpointConfigName"].rpartition("-v")[2]
    if served == good:
        models.rejected(version)
    else:
        assert served == version
        assert models.package(version)["ModelApprovalStatus"] == "Approved"
