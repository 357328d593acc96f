"""A cluster costs its instances or its capacity, what it stores once for all of them, and its I/O."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost.neptune import GraphLoad, NeptuneCluster, neptune_costs

CLUSTER = NeptuneCluster(instances=2, instance_class="db.r6g.large")
LOAD = GraphLoad(gigabytes=20, requests=50e6)


def usd(cluster: NeptuneCluster, load: GraphLoad = LOAD) -> list[float]:
    return [cost.usd for cost in neptune_costs(cluster, load)]


def test_instances_are_billed_by_the_hour_and_share_what_they_store() -> None:
    # 2 x 730 h x 0.3287; 20 GB x 0.10; 50 M x 0.20.
    assert usd(CLUSTER) == pytest.approx([479.902, 2.0, 10.0])
    assert usd(replace(CLUSTER, instances=1)) == pytest.approx([239.951, 2.0, 10.0])


def test_a_serverless_cluster_is_billed_for_its_units_and_for_its_minimum_at_least() -> None:
    serverless = replace(CLUSTER, minimum_units=1.0)
    # 2 x 2.5 units x 730 h x 0.1608; 2 x 1 unit x 730 h x 0.1608.
    assert usd(serverless, replace(LOAD, units=2.5))[0] == pytest.approx(586.92)
    assert usd(serverless)[0] == pytest.approx(234.768)


def test_what_has_no_known_price_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"price of db\.x2g\.large is not known here; known are db\.t4g\.medium"
    ):
        neptune_costs(replace(CLUSTER, instance_class="db.x2g.large"), LOAD)
    with pytest.raises(ConfigurationError, match="storage type iopt1 are not known here"):
        neptune_costs(replace(CLUSTER, storage_type="iopt1"), LOAD)
