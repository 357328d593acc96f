"""The boto3 client that the writer needs: retries are the writer's own, as it must know of each."""

from __future__ import annotations

from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from datastreamer.aws.putting import PutRecordsClient
from datastreamer.sensor.kinesis.failures import explained


@dataclass(frozen=True)
class Connection:
    """A client, the region it signs for and the endpoint it talks to."""

    client: PutRecordsClient
    region: str
    endpoint: str


def connect(stream: str, region: str | None, in_flight: int) -> Connection:
    """A client for ``in_flight`` requests at a time; ``region`` None takes the environment's.

    Raises ConfigurationError when no region is known or the profile does not exist.
    """
    config = Config(
        max_pool_connections=in_flight,
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=5,
        read_timeout=30,
        tcp_keepalive=True,
    )
    try:
        client = boto3.client("kinesis", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise explained(error, stream, "") from error
    return Connection(client, client.meta.region_name, client.meta.endpoint_url)
