"""A graph survives whatever ends its process or the stage."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import BotoCoreError, ClientError

from contract.neptune.clusters import Graph, new_cluster

_UPSERT = "UNWIND $rows AS r MERGE (n:Device {`~id`: r.id}) SET n += r.props"
_BATCH = 10


def _write(graph: Graph, acknowledged: list[int], enough: threading.Event) -> None:
    for number in range(10_000):
        ids = range(number * _BATCH, (number + 1) * _BATCH)
        try:
            graph(_UPSERT, rows=[{"id": f"d{each}", "props": {"number": each}} for each in ids])
        except (ClientError, BotoCoreError):
            return
        acknowledged.extend(ids)
        if number == 20:
            enough.set()


def _pid_of_graphs(stage: RunningStage) -> int:
    """The process that runs the graph module and whose parent is the stage."""
    assert stage.process is not None
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
        except OSError:
            continue
        if b"aws_stage.engines.neptune.graph" in command and parent == stage.process.pid:
            return int(folder.name)
    raise AssertionError("no process of the graphs")


@pytest.mark.parametrize("whom", ["stage", "process"])
def test_what_was_acknowledged_survives_a_kill(new_stage: Callable[..., RunningStage], whom: str) -> None:
    stage = new_stage()
    cluster = new_cluster(stage)
    acknowledged: list[int] = []
    enough = threading.Event()
    writer = threading.Thread(target=_write, args=[Graph(cluster["Endpoint"]), acknowledged, enough])
    writer.start()
    assert enough.wait(120)
    if whom == "stage":
        stage.stop(signal.SIGKILL)
    else:
        os.kill(_pid_of_graphs(stage), signal.SIGKILL)
    writer.join()
    if whom == "stage":
        stage.start()
    graph = Graph(cluster["Endpoint"])
    found = {row["number"] for row in graph("MATCH (n:Device) RETURN n.number AS number")}
    assert set(acknowledged) <= found
    assert len(found) % _BATCH == 0, "a query is done whole or not at all"
    graph(_UPSERT, rows=[{"id": "d0", "props": {"again": True}}])
    assert graph("MATCH (n {`~id`: 'd0'}) RETURN n.number AS number, n.again AS again") == [
        {"number": 0, "again": True}
    ]
    graph("CREATE (:Late {`~id`: 'late'})")
    stage.stop()
    stage.start()
    assert graph("MATCH (n:Late) RETURN id(n) AS id") == [{"id": "late"}]


def test_a_write_is_in_the_log_before_it_is_answered(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    cluster = new_cluster(stage)
    graph = Graph(cluster["Endpoint"])
    folder = stage.data_dir / "state" / "neptune" / cluster["DbClusterResourceId"]
    sizes = []
    for number in range(5):
        graph("CREATE (:Device {`~id`: $id, text: $text})", id=f"d{number}", text="x" * 1000)
        sizes.append(sum(log.stat().st_size for log in folder.glob("*.wal")))
    assert all(later - earlier >= 1000 for earlier, later in pairwise(sizes)), sizes


@pytest.mark.parametrize("harm", ["schema.json", "folder"])
def test_a_graph_that_is_gone_stops_the_start_by_name(new_stage: Callable[..., RunningStage], harm: str) -> None:
    stage = new_stage()
    cluster = new_cluster(stage)
    Graph(cluster["Endpoint"])("CREATE (:Device)")
    stage.stop()
    folder = stage.data_dir / "state" / "neptune" / cluster["DbClusterResourceId"]
    if harm == "folder":
        shutil.rmtree(folder)
    else:
        (folder / harm).unlink()
    with pytest.raises(RuntimeError, match=r"schema\.json is damaged: it is missing"):
        stage.start()


def test_a_deleted_clusters_graph_is_gone_from_the_disk(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    cluster = new_cluster(stage)
    Graph(cluster["Endpoint"])("CREATE (:Device)")
    folder = stage.data_dir / "state" / "neptune" / cluster["DbClusterResourceId"]
    assert folder.exists()
    neptune = stage.client("neptune")
    neptune.delete_db_instance(DBInstanceIdentifier=cluster["DBClusterMembers"][0]["DBInstanceIdentifier"])
    neptune.delete_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"], SkipFinalSnapshot=True)
    assert not folder.exists()
    stage.stop()
    stage.start()
    assert neptune.describe_db_clusters()["DBClusters"] == []
