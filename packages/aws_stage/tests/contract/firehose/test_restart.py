"""Delivery over a stop, a kill and a restart of the stage: nothing lost, nothing twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import BotoCoreError, ClientError

from contract.firehose.delivery_streams import (
    create_from_kinesis,
    destination,
    new_bucket,
    new_name,
    new_stream,
    objects,
)

pytestmark = [pytest.mark.stage, pytest.mark.slow]

LONG = {"SizeInMBs": 128, "IntervalInSeconds": 900}


def delivered(stage: RunningStage, bucket: str) -> list[bytes]:
    return b"".join(objects(stage, bucket).values()).split()


def test_a_clean_stop_delivers_what_is_buffered(new_stage: Callable[[], RunningStage]) -> None:
    stage = new_stage()
    bucket, direct, name = new_bucket(stage), new_name(), new_name()
    firehose, kinesis = stage.client("firehose"), stage.client("kinesis")
    hints = {"BufferingHints": LONG}
    firehose.create_delivery_stream(
        DeliveryStreamName=direct, ExtendedS3DestinationConfiguration=destination(bucket, **hints)
    )
    create_from_kinesis(firehose, name, new_stream(kinesis, name), destination(bucket, **hints))
    firehose.put_record(DeliveryStreamName=direct, Record={"Data": b"direct\n"})
    kinesis.put_record(StreamName=name, Data=b"kinesis\n", PartitionKey="k")
    stage.stop()
    stage.start()
    assert sorted(delivered(stage, bucket)) == [b"direct", b"kinesis"]
    time.sleep(1.5)
    assert sorted(delivered(stage, bucket)) == [b"direct", b"kinesis"]


def test_a_kill_loses_and_repeats_nothing_that_was_acknowledged(new_stage: Callable[[], RunningStage]) -> None:
    """Two producers write while the stage is killed twice; what they saw acknowledged arrives exactly once."""
    stage = new_stage()
    bucket, direct, name = new_bucket(stage), new_name(), new_name()
    config = destination(bucket, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0}, CompressionFormat="GZIP")
    firehose, kinesis = stage.client("firehose", attempts=1), stage.client("kinesis", attempts=1)
    firehose.create_delivery_stream(DeliveryStreamName=direct, ExtendedS3DestinationConfiguration=config)
    create_from_kinesis(firehose, name, new_stream(kinesis, name, shards=2), config)
    time.sleep(1)
    acknowledged: set[bytes] = set()
    uncertain: set[bytes] = set()
    batches = {"direct": 0, "kinesis": 0}
    done = threading.Event()

    def produce(kind: str, put: Callable[[list[bytes]], Any]) -> None:
        number = 0
        while not done.is_set():
            batch = [f"{kind}-{number + n}\n".encode() for n in range(20)]
            number += 20
            try:
                put(batch)
                acknowledged.update(data.strip() for data in batch)
                batches[kind] += 1
            except (ClientError, BotoCoreError):
                uncertain.update(data.strip() for data in batch)
                time.sleep(0.05)

    def put_direct(batch: list[bytes]) -> None:
        firehose.put_record_batch(DeliveryStreamName=direct, Records=[{"Data": data} for data in batch])

    def put_kinesis(batch: list[bytes]) -> None:
        kinesis.put_records(StreamName=name, Records=[{"Data": data, "PartitionKey": str(data)} for data in batch])

    producers = [
        threading.Thread(target=produce, args=("direct", put_direct)),
        threading.Thread(target=produce, args=("kinesis", put_kinesis)),
    ]
    for producer in producers:
        producer.start()

    def go_on() -> None:
        """Let each producer have a few batches acknowledged."""
        before = dict(batches)
        eventually(lambda: all(batches[kind] > before[kind] + 4 for kind in batches))

    for _ in range(2):
        go_on()
        stage.stop(signal.SIGKILL)
        stage.start()
    go_on()
    done.set()
    for producer in producers:
        producer.join()
    eventually(lambda: acknowledged <= set(delivered(stage, bucket)))
    found = delivered(stage, bucket)
    assert {data.split(b"-")[0] for data in acknowledged} == {b"direct", b"kinesis"}
    certain = [data for data in found if data not in uncertain]
    assert sorted(certain) == sorted(acknowledged)
    assert set(found) - acknowledged <= uncertain
