"""What the ways out of a VPC cost a month: NAT gateways, or interface endpoints. Gateway endpoints are free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.table import Cost


@dataclass(frozen=True)
class Network:
    """As the Terraform module ``network`` is set; ``interface_endpoints`` and ``zones`` are counts."""

    egress: Literal["nat", "endpoints", "none"]
    zones: int = 2
    single_nat_gateway: bool = False
    interface_endpoints: int = 0


def network_costs(network: Network, gigabytes: float) -> list[Cost]:
    """The monthly cost of the way out for ``gigabytes`` that pass it in a month, in both directions together.

    What the gateway endpoint of S3 carries is not part of them. Clients are taken to be spread evenly over the zones.
    """
    if network.egress == "nat":
        return _nat(network, gigabytes)
    if network.egress == "endpoints":
        interfaces = network.interface_endpoints * network.zones
        usd = interfaces * p.HOURS_PER_MONTH * p.INTERFACE_ENDPOINT_HOUR + gigabytes * p.INTERFACE_ENDPOINT_GB
        quantity = f"{network.interface_endpoints} in {network.zones} zones, {gigabytes:,.0f} GB"
        return [Cost("Interface endpoints", quantity, usd)]
    return []


def egress_side_by_side(network: Network, gigabytes: float) -> list[Cost]:
    """The sums for the ways out that ``network`` could have, one line each, whichever it has now."""
    ways = {
        "NAT gateways, one for each zone": replace(network, egress="nat", single_nat_gateway=False),
        "NAT gateway, one for all zones": replace(network, egress="nat", single_nat_gateway=True),
        "Interface endpoints": replace(network, egress="endpoints"),
    }
    sums = []
    for way, other in ways.items():
        costs = network_costs(other, gigabytes)
        sums.append(Cost(way, "; ".join(cost.quantity for cost in costs), sum(cost.usd for cost in costs)))
    return sums


def _nat(network: Network, gigabytes: float) -> list[Cost]:
    count = 1 if network.single_nat_gateway else network.zones
    hourly = p.NAT_GATEWAY_HOUR + p.PUBLIC_ADDRESS_HOUR
    usd = count * p.HOURS_PER_MONTH * hourly + gigabytes * p.NAT_GATEWAY_GB
    costs = [Cost("NAT gateways", f"{count} with a public address each, {gigabytes:,.0f} GB", usd)]
    elsewhere = gigabytes * (network.zones - 1) / network.zones if network.single_nat_gateway else 0.0
    if elsewhere:
        costs.append(Cost("Between zones", f"{elsewhere:,.0f} GB", elsewhere * p.BETWEEN_ZONES_GB))
    return costs
