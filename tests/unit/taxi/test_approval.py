"""What a person decides about versions, and what is shown of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.taxi.model.approval import approve, go_back, reject
from datastreamer.taxi.model.overview import overview
from tests.unit.taxi.registry import GROUP, Registry


@pytest.fixture
def registry() -> Any:
    return Registry()


def serves(registry: Registry, version: int, status: str = "InService", **more: Any) -> None:
    registry.state = {"EndpointStatus": status, "EndpointConfigName": f"{GROUP}-v{version}", **more}


def approvals(registry: Registry) -> list[str]:
    """Of versions 1, 2, …"""
    return [package["ModelApprovalStatus"] for package in registry.packages.values()]


def test_a_version_is_approved_and_rejected_with_the_reason_in_one_line(registry: Any) -> None:
    arn = registry.add()
    assert approve(registry, GROUP, "1").arn == arn
    assert approvals(registry) == ["Approved"]
    reject(registry, GROUP, "1", "fares\nare wrong" + "!" * 2000)
    assert approvals(registry) == ["Rejected"]
    reason = registry.packages[arn]["ApprovalDescription"]
    assert reason.startswith("fares are wrong!")
    assert len(reason) == 1024


def test_a_version_that_there_is_not_is_refused_with_those_that_there_are(registry: Any) -> None:
    with pytest.raises(ConfigurationError, match="has no version 1; there is: none"):
        approve(registry, GROUP, "1")
    registry.add()
    registry.add()
    with pytest.raises(ConfigurationError, match="has no version 7; there is: 2, 1"):
        reject(registry, GROUP, "7", "why")


def test_an_older_version_than_one_that_is_approved_is_not_approved_as_it_would_not_serve(registry: Any) -> None:
    registry.add()
    registry.add("Approved")
    with pytest.raises(UsageError, match=r"version 2 is approved and newer than 1: .*rollback 1"):
        approve(registry, GROUP, "1")
    assert approvals(registry) == ["PendingManualApproval", "Approved"]


def test_back_goes_to_the_newest_approved_version_before_that_which_serves(registry: Any) -> None:
    for approval in ("Approved", "Approved", "Rejected", "Approved", "Approved", "PendingManualApproval"):
        registry.add(approval)
    serves(registry, 4)
    assert go_back(registry, GROUP, None, "it is wrong").version == "2"
    # Version 5 is approved and not in service yet: it would come next.
    assert approvals(registry) == ["Approved", "Approved", "Rejected", "Rejected", "Rejected", "PendingManualApproval"]


def test_back_to_a_named_version_rejects_every_approved_one_above_it_and_that_which_serves_last(registry: Any) -> None:
    for approval in ("Rejected", "Approved", "Approved"):
        registry.add(approval)
    serves(registry, 3)
    assert go_back(registry, GROUP, "1", "both are wrong").version == "1"
    assert approvals(registry) == ["Approved", "Rejected", "Rejected"]
    changes = [
        (request["ModelPackageArn"].rpartition("/")[2], request["ModelApprovalStatus"])
        for call, request in registry.calls
        if call == "UpdateModelPackage"
    ]
    assert changes == [("1", "Approved"), ("2", "Rejected"), ("3", "Rejected")]


@pytest.mark.parametrize(
    ("served", "version", "why"),
    [
        (None, None, "serves no version of the registry"),
        (1, None, "no version before 1 is approved"),
        (1, "1", "version 1 serves, and 1 is not older"),
        (1, "2", "version 1 serves, and 2 is not older"),
    ],
)
def test_where_there_is_nothing_to_go_back_to_nothing_is_changed(
    registry: Any, served: int | None, version: str | None, why: str
) -> None:
    registry.add("Approved")
    registry.add("Approved")
    if served is not None:
        serves(registry, served)
    with pytest.raises(UsageError, match=why):
        go_back(registry, GROUP, version, "why")
    assert not registry.calls


def test_the_overview_has_state_figures_and_share_of_each_version(registry: Any) -> None:
    registry.add("Approved", rmse="0.7", training_to="2025-02-28")
    registry.add("Rejected")
    registry.add()
    serves(registry, 1)
    rows = overview(registry, GROUP)
    assert [(row.version, row.state, row.share) for row in rows] == [
        ("3", "PendingManualApproval", 0.0),
        ("2", "Rejected", 0.0),
        ("1", "InService", 1.0),
    ]
    assert rows[-1].figures == {"rmse": "0.7", "floor": "1.5", "factor": "0.1", "training_to": "2025-02-28"}
    assert rows[-1].document()["created"] == datetime(2025, 4, 1, 13, tzinfo=UTC).isoformat()


def test_while_a_version_bakes_nobody_knows_the_shares_and_both_are_named(registry: Any) -> None:
    registry.add("Approved")
    registry.add("Approved")
    variant = {"VariantName": "AllTraffic", "VariantStatus": [{"Status": "Baking"}]}
    pending = {"EndpointConfigName": f"{GROUP}-v2", "ProductionVariants": [variant]}
    serves(registry, 1, "Updating", PendingDeploymentSummary=pending)
    assert [(row.version, row.state, row.share) for row in overview(registry, GROUP)] == [
        ("2", "Baking", None),
        ("1", "InService", None),
    ]


@pytest.mark.parametrize("status", ["Creating", "Failed", "Deleting"])
def test_an_endpoint_that_serves_nothing_gives_nobody_a_share(registry: Any, status: str) -> None:
    registry.add("Approved")
    serves(registry, 1, status)
    assert [(row.state, row.share) for row in overview(registry, GROUP)] == [(status, 0.0)]


def test_a_model_that_nobody_registered_takes_every_share(registry: Any) -> None:
    registry.add("Approved")
    registry.state = {"EndpointStatus": "InService", "EndpointConfigName": "somebody-elses"}
    assert [(row.state, row.share) for row in overview(registry, GROUP)] == [("Approved", 0.0)]
