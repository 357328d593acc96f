"""What to say when AWS knows no resource of a name: the nearest name there is, and the command that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.errors import ConfigurationError


@dataclass(frozen=True)
class Kind:
    """A kind of resource: what people call it, how to see all of its names, and where to look them up."""

    word: str
    advice: str
    names: Callable[[Any], list[str]]


def _paged(operation: str, key: str, name: str | None = None) -> Callable[[Any], list[str]]:
    def names(client: Any) -> list[str]:
        pages = client.get_paginator(operation).paginate()
        return [item[name] if name else item for page in pages for item in page[key]]

    return names


def stream_names(kinesis: Any) -> list[str]:
    """The region's streams, in order. By name: not everything that speaks Kinesis gives ListStreams' newer tokens."""
    names: list[str] = []
    while True:
        page = kinesis.list_streams(**({"ExclusiveStartStreamName": names[-1]} if names else {}))
        names += page["StreamNames"]
        if not page["HasMoreStreams"] or not page["StreamNames"]:
            return sorted(names)


STREAM = Kind("stream", "datastreamer inference list-streams", stream_names)
TABLE = Kind("table", "datastreamer inference list-tables", _paged("list_tables", "TableNames"))
ENDPOINT = Kind(
    "endpoint", "datastreamer inference list-endpoints", _paged("list_endpoints", "Endpoints", "EndpointName")
)
CONFIG = Kind(
    "endpoint configuration",
    "aws sagemaker list-endpoint-configs",
    _paged("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
)
MODEL = Kind("model", "aws sagemaker list-models", _paged("list_models", "Models", "ModelName"))
PROCESSOR = Kind(
    "processor", "datastreamer inference list-processors", _paged("list_functions", "Functions", "FunctionName")
)


def no_such(kind: Kind, name: str, client: Any) -> ConfigurationError:
    """The error that says so; ``client`` is one of the kind's service."""
    try:
        near = get_close_matches(name, kind.names(client), n=1)
    except (ClientError, BotoCoreError):
        near = []  # the caller may not list; the error below is what matters
    hint = f" Did you mean {near[0]}?" if near else ""
    return ConfigurationError(
        f"there is no {kind.word} {name} in {client.meta.region_name}.{hint} See what there is: {kind.advice}"
    )


def no_such_bucket(bucket: str, region: str) -> ConfigurationError:
    """The error that says so."""
    return ConfigurationError(
        f"there is no bucket {bucket}. Is its stack deployed in {region}? See: datastreamer inference status"
    )


@contextmanager
def looking_for(kind: Kind, name: str, client: Any) -> Iterator[None]:
    """Turn AWS's "no such resource" into ConfigurationError; other errors go on as they are."""
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
        raise no_such(kind, name, client) from error
