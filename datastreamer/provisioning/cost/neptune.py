"""What a Neptune cluster costs a month: instances or capacity units, storage and I/O. Backups are not counted."""

from __future__ import annotations

from dataclasses import dataclass

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.table import Cost


@dataclass(frozen=True)
class NeptuneCluster:
    """As the Terraform module ``neptune_cluster`` is set; ``minimum_units`` is None for a fixed class of instances."""

    instances: int
    instance_class: str
    minimum_units: float | None = None
    storage_type: str = "standard"


@dataclass(frozen=True)
class GraphLoad:
    """``gigabytes`` of the graph, which all instances share, and ``requests`` of I/O in a month.

    ``units``: Neptune capacity units that an instance has on average, where it is serverless.
    """

    gigabytes: float
    requests: float
    units: float = 0.0


def neptune_costs(cluster: NeptuneCluster, load: GraphLoad) -> list[Cost]:
    """The monthly cost of each part.

    Raises ConfigurationError for a class or a type of storage whose price is not known here.
    """
    if cluster.storage_type != "standard":
        raise ConfigurationError(
            f"the prices of Neptune's storage type {cluster.storage_type} are not known here. "
            "Add them to datastreamer/provisioning/cost/prices.py"
        )
    storage = load.gigabytes * p.NEPTUNE_GB_MONTH
    io = load.requests / 1e6 * p.NEPTUNE_IO_MILLION
    return [
        _serverless(cluster, cluster.minimum_units, load) if cluster.minimum_units else _provisioned(cluster),
        Cost("Neptune, storage", f"{load.gigabytes:,.0f} GB", storage),
        Cost("Neptune, I/O", f"{load.requests / 1e6:,.1f} M requests", io),
    ]


def _provisioned(cluster: NeptuneCluster) -> Cost:
    hourly = p.NEPTUNE_INSTANCE_HOUR.get(cluster.instance_class)
    if hourly is None:
        raise ConfigurationError(
            f"the price of {cluster.instance_class} is not known here; known are {', '.join(p.NEPTUNE_INSTANCE_HOUR)}. "
            "Add it to datastreamer/provisioning/cost/prices.py"
        )
    quantity = f"{cluster.instances} {cluster.instance_class}, day and night"
    return Cost("Neptune", quantity, cluster.instances * p.HOURS_PER_MONTH * hourly)


def _serverless(cluster: NeptuneCluster, minimum: float, load: GraphLoad) -> Cost:
    # An instance that nobody asks anything still has its minimum.
    units = max(load.units, minimum)
    usd = cluster.instances * units * p.HOURS_PER_MONTH * p.NEPTUNE_CAPACITY_UNIT_HOUR
    return Cost("Neptune, serverless", f"{cluster.instances} instances of {units:g} units on average", usd)
