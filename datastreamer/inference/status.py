"""The state of a stage's own inference stack, part by part, as AWS reports it."""

from __future__ import annotations

from datetime import datetime

from datastreamer.aws.status import NewClient, Part
from datastreamer.inference.names import Names
from datastreamer.inference.stack.stacks import find_stacks
from datastreamer.inference.stack.status import stack_parts


def stage_parts(stage: str, account: str, client: NewClient, now: datetime) -> list[Part]:
    """Ask every part of the stage's own stack how it is; stacks under other names are nobody's pipeline but their own.

    Named as ``terraform/stage`` names it.
    """
    stack = f"datastreamer-{stage}-inference"
    return stack_parts(client, Names(stack, account), find_stacks(client).get(stack), now)
