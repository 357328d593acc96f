"""Processors as they are: the functions that score a stream's records, and what feeds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datastreamer.aws.parts import stream_read
from datastreamer.inference.missing import PROCESSOR, looking_for, no_such

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Mapping:
    """An event source mapping. ``result`` is how its last batch ended; ``position`` where reading began."""

    uuid: str
    stream: str
    state: str
    result: str
    position: str


@dataclass(frozen=True)
class Processor:
    """A processor as AWS describes it; ``mappings`` is empty when nothing feeds it."""

    name: str
    state: str
    endpoint: str
    table: str
    bucket: str
    role: str
    arn: str
    modified: str
    environment: dict[str, str] = field(repr=False)
    mappings: tuple[Mapping, ...] = ()


def list_processors(lambda_: LambdaClient) -> Iterator[Processor]:
    """Every function of the region that is told of an endpoint and a table, in order of name."""
    functions = [
        function
        for page in lambda_.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        if {"ENDPOINT_NAME", "TABLE_NAME"} <= function.get("Environment", {}).get("Variables", {}).keys()
    ]
    for function in sorted(functions, key=lambda each: each["FunctionName"]):
        yield describe_processor(lambda_, function["FunctionName"])


def describe_processor(lambda_: LambdaClient, name: str) -> Processor:
    """Raises ConfigurationError when there is none of that name."""
    with looking_for(PROCESSOR, name, lambda_):
        found = lambda_.get_function_configuration(FunctionName=name)
    told = found.get("Environment", {}).get("Variables", {})
    if "ENDPOINT_NAME" not in told:
        raise no_such(PROCESSOR, name, lambda_)
    state: str = found.get("State", "Active")
    if found.get("LastUpdateStatus") in ("InProgress", "Failed"):
        state = f"Update {found['LastUpdateStatus']}"
    return Processor(
        name,
        state,
        told.get("ENDPOINT_NAME", ""),
        told.get("TABLE_NAME", ""),
        told.get("DLQ_BUCKET", ""),
        found["Role"].rpartition("/")[2],
        found["FunctionArn"],
        found["LastModified"],
        told,
        tuple(_mappings(lambda_, name)),
    )


def find_processor(lambda_: LambdaClient, name: str) -> Processor | None:
    """The processor, or None when there is none of that name."""
    try:
        lambda_.get_function_configuration(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        return None
    return describe_processor(lambda_, name)


def _mappings(lambda_: LambdaClient, name: str) -> Iterator[Mapping]:
    for page in lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=name):
        for found in page["EventSourceMappings"]:
            stream = stream_read(found.get("EventSourceArn", ""))
            yield Mapping(
                found["UUID"],
                stream,
                found.get("State", ""),
                found.get("LastProcessingResult", ""),
                found.get("StartingPosition", ""),
            )
