"""Objects of anybody's making: a crawl goes on without those that it cannot read, and the stage does not notice."""

from __future__ import annotations

import random
import struct

import pytest
from aws_stage.testing import RunningStage

from contract.crawls import Lake, gzipped, json_lines, parquet

pytestmark = pytest.mark.stage


def _harmed(seed: int) -> bytes:
    """A Parquet object of which a few bytes of the footer, or its length, are not what they were."""
    chance = random.Random(seed)
    data = bytearray(parquet(event_id=["1", "2"], nested=[[{"a": 1}], [{"a": 2}]]))
    length = struct.unpack("<I", data[-8:-4])[0]
    for _ in range(chance.randint(1, 6)):
        data[len(data) - 8 - chance.randint(0, length)] = chance.randrange(256)
    if chance.random() < 0.2:
        data[-8:-4] = struct.pack("<I", chance.randrange(2**32))
    return bytes(data)


def test_a_crawl_reads_on_past_objects_that_it_cannot_read(stage: RunningStage) -> None:
    lake = Lake(stage, "hostile-objects")
    good = {f"good/{name}.json": json_lines({"id": 1, "t": 2.5}, {"id": 2, "t": 3.5}) for name in "ab"}
    bad = {
        "deep/a.json": b'{"id": 1, "extra": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}\n",
        "half_deep/a.json": b'{"id": 1, "extra": ' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}\n",
        "wide/a.json": json_lines({f"name_{n}": n for n in range(20_000)}),
        "bomb/a.json.gz": gzipped(b"\n" * 200_000_000),
        "digits/a.csv": b"a,b\n" + b"9" * 100_000 + b"x,1\n" + b"9" * 100_000 + b"y,2\n",
        **{f"harmed/{seed}.parquet": _harmed(seed) for seed in range(40)},
    }
    lake.put(good | bad)
    lake.create()
    metrics = lake.crawl_well()
    assert metrics["TablesCreated"] >= 2
    assert lake.columns("good") == {"id": "int", "t": "double"}
    [kind] = [kind for name, kind in lake.columns("half_deep").items() if name == "extra"]
    assert kind.count("struct<") < 101
    assert kind.rstrip(">").endswith("string")
    assert "deep" not in lake.tables()
    assert stage.client("kinesis", attempts=1).list_streams()["StreamNames"] is not None
