"""What every contract test of firehose starts from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aws_stage.testing import RunningStage

from contract.firehose.delivery_streams import destination, new_bucket, new_name


@pytest.fixture
def firehose(stage: RunningStage) -> Any:
    return stage.client("firehose")


@pytest.fixture
def bucket(stage: RunningStage) -> str:
    return new_bucket(stage)


@pytest.fixture
def direct(firehose: Any, bucket: str) -> Iterator[str]:
    """A DirectPut stream to ``bucket``; the destination is plain."""
    name = new_name()
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(bucket))
    yield name
    firehose.delete_delivery_stream(DeliveryStreamName=name)
