"""The ways out of a VPC cost what AWS's rules say: by gateway or by endpoint and zone, and by the gigabyte."""

from __future__ import annotations

import pytest

from datastreamer.provisioning.cost.network import Network, egress_side_by_side, network_costs


def usd(network: Network, gigabytes: float) -> float:
    return sum(cost.usd for cost in network_costs(network, gigabytes))


def test_each_zone_has_a_gateway_with_an_address() -> None:
    # 2 x 730 h x (0.062 + 0.005) = 97.82; 100 GB x 0.062 = 6.20.
    assert usd(Network("nat"), 0) == pytest.approx(97.82)
    assert usd(Network("nat"), 100) == pytest.approx(104.02)


def test_one_gateway_for_all_zones_is_paid_for_once_and_reached_from_the_other_zones() -> None:
    # 730 h x 0.067 = 48.91; 100 GB x 0.062 = 6.20; half of them from the other zone: 50 GB x 0.02 = 1.00.
    assert usd(Network("nat", single_nat_gateway=True), 100) == pytest.approx(56.11)
    # Two thirds of 90 GB from the two other zones: 48.91 + 5.58 + 1.20.
    assert usd(Network("nat", zones=3, single_nat_gateway=True), 90) == pytest.approx(55.69)


def test_an_endpoint_is_paid_for_in_each_zone() -> None:
    # 1 x 2 zones x 730 h x 0.014 = 20.44; 100 GB x 0.01 = 1.00.
    assert usd(Network("endpoints", interface_endpoints=1), 100) == pytest.approx(21.44)
    assert usd(Network("endpoints", zones=3, interface_endpoints=2), 0) == pytest.approx(61.32)


def test_no_way_out_costs_nothing() -> None:
    assert network_costs(Network("none", interface_endpoints=3), 100) == []


@pytest.mark.parametrize("egress", ["nat", "endpoints", "none"])
def test_ways_are_compared_whichever_there_is(egress: str) -> None:
    network = Network(egress, interface_endpoints=2)  # type: ignore[arg-type]
    lines = {cost.part: cost.usd for cost in egress_side_by_side(network, 100)}
    assert lines == {
        "NAT gateways, one for each zone": pytest.approx(104.02),
        "NAT gateway, one for all zones": pytest.approx(56.11),
        "Interface endpoints": pytest.approx(41.88),
    }
