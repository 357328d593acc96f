"""Which stacks there are: by the tags of their processors and streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datastreamer.inference.missing import stream_names
from datastreamer.inference.names import Names, has_tags
from datastreamer.inference.resources.processors import Processor, list_processors

NewClient = Callable[[str], Any]

_OURS = {"PROJECT": "datastreamer", "PIPELINE": "inference"}


def find_stacks(client: NewClient) -> dict[str, Processor | None]:
    """Every stack of the region with its processor (of several, the one with the conventional name), in order."""
    lambda_, kinesis = client("lambda"), client("kinesis")
    stacks: dict[str, Processor | None] = {}
    for processor in list_processors(lambda_):
        tags = lambda_.list_tags(Resource=processor.arn)["Tags"]
        if has_tags(tags, _OURS) and "STACK" in tags:
            stack = tags["STACK"]
            if stacks.get(stack) is None or processor.name == Names(stack, "").function:
                stacks[stack] = processor
    for name in stream_names(kinesis):
        tags = {tag["Key"]: tag["Value"] for tag in kinesis.list_tags_for_stream(StreamName=name)["Tags"]}
        if has_tags(tags, _OURS) and "STACK" in tags:
            stacks.setdefault(tags["STACK"], None)
    return dict(sorted(stacks.items()))
