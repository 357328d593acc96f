"""What every contract test of neptune starts from."""

from __future__ import annotations

import pytest
from aws_stage.testing import RunningStage

from contract.neptune.clusters import Graph, new_cluster


@pytest.fixture(scope="module")
def graph(stage: RunningStage) -> Graph:
    """The graph of a cluster of this module's own."""
    return Graph(new_cluster(stage)["Endpoint"])


@pytest.fixture
def empty(graph: Graph) -> Graph:
    """The same, emptied."""
    graph("MATCH (n) DETACH DELETE n")
    return graph
