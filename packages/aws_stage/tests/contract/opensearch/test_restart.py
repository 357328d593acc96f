"""Documents and indices survive whatever ends the stage; damage is named."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from opensearchpy import OpenSearchException

from contract.opensearch.domains import client_of, new_domain
from contract.opensearch.predictions import MAPPING, bulk


def test_what_was_acknowledged_survives_a_kill(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    name = new_domain(stage)
    search = client_of(stage, name)
    search.indices.put_index_template(name="t", body={"index_patterns": ["trips-*"], "template": {"mappings": MAPPING}})
    acknowledged: list[int] = []
    enough = threading.Event()

    def write() -> None:
        for number in range(10_000):
            try:
                answer = search.bulk(body=bulk("trips-1", range(number * 10, number * 10 + 10)))
            except OpenSearchException:
                return
            acknowledged.extend(int(item["index"]["_id"][1:]) for item in answer["items"])
            if number == 5:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(60)
    stage.stop(signal.SIGKILL)
    writer.join()
    stage.start()
    search = client_of(stage, name)
    found = search.search(index="trips-1", body={"size": 10_000, "_source": False})["hits"]["hits"]
    assert {f"d{number}" for number in acknowledged} <= {hit["_id"] for hit in found}
    assert len(found) % 10 == 0, "a bulk request is there whole or not at all"
    assert search.indices.get_mapping(index="trips-1")["trips-1"]["mappings"]["dynamic"] == "strict"
    search.bulk(body=bulk("trips-2", range(3)))
    stage.stop()
    stage.start()
    assert client_of(stage, name).count(index="trips-2")["count"] == 3


@pytest.mark.parametrize("harm", ["gone", "cut", "log gone"])
def test_a_file_that_is_not_whole_stops_the_start_by_name(new_stage: Callable[..., RunningStage], harm: str) -> None:
    stage = new_stage()
    name = new_domain(stage)
    client_of(stage, name).bulk(body=bulk("trips-1", range(50)))
    stage.stop(signal.SIGKILL)
    [file] = (stage.data_dir / "state" / "opensearch").glob("*.duckdb")
    log = file.with_name(f"{file.name}.wal")
    _harm(file, log, harm)
    with pytest.raises(RuntimeError, match=rf"{file.name} is damaged"):
        stage.start()


def _harm(file: Any, log: Any, harm: str) -> None:
    if harm == "gone":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:4000])
    else:
        log.unlink()
