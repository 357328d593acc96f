"""The names and tags of everything a stack has; the same rules as in Terraform."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.errors import UsageError
from datastreamer.stages import stage_tag

STACK_NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
"""3 to 40 characters. `<stack>-models-<account>` must be a bucket's name: lower case, at most 63 characters."""

SUFFIXES = ("-stream", "-predictions", "-processor", "-model", "-config", "-endpoint")
"""What a conventional name adds to its stack's."""
NUMBER = re.compile(r"-\d+$")


@dataclass(frozen=True)
class Names:
    """Resource names of stack ``stack`` in account ``account_id`` (12 digits).

    ``model``, ``config`` and ``endpoint`` are conventions; every command takes other names too.
    """

    stack: str
    account_id: str

    @property
    def stream(self) -> str:
        return f"{self.stack}-stream"

    @property
    def table(self) -> str:
        return f"{self.stack}-predictions"

    @property
    def function(self) -> str:
        return f"{self.stack}-processor"

    @property
    def models_bucket(self) -> str:
        return f"{self.stack}-models-{self.account_id}"

    @property
    def dlq_bucket(self) -> str:
        """Where records go that could not be scored."""
        return f"{self.stack}-dlq-{self.account_id}"

    @property
    def model(self) -> str:
        return f"{self.stack}-model"

    @property
    def config(self) -> str:
        return f"{self.stack}-config"

    @property
    def endpoint(self) -> str:
        return f"{self.stack}-endpoint"


def role_of(name: str) -> str:
    """The name of the execution role of a processor or a model."""
    return f"{name}-role"


def log_group_of(function: str) -> str:
    """The log group that Lambda writes a function's output to."""
    return f"/aws/lambda/{function}"


def check_stack_name(stack: str) -> str:
    """``stack`` itself; raises UsageError when it cannot name a stack's resources."""
    if not STACK_NAME.fullmatch(stack):
        raise UsageError(
            f"{stack!r} cannot name a stack: 3 to 40 lower-case letters, digits and hyphens, beginning with a letter "
            "and ending in a letter or digit, such as my-realtime-ml"
        )
    return stack


def stack_of(name: str) -> str:
    """The stack a resource's name points to: the name without its conventional suffix, or the name itself.

    What cannot be changed gets successors, ``my-config-2`` after ``my-config``: a number behind the suffix goes too.
    """
    unnumbered = NUMBER.sub("", name)
    for suffix in SUFFIXES:
        if unnumbered.endswith(suffix) and len(unnumbered) > len(suffix):
            return unnumbered.removesuffix(suffix)
    return name


BY_HAND = {"MADE_BY": "datastreamer-cli"}
"""The tag of what a command made by itself, and Terraform knows nothing of."""


def stack_tags(stack: str) -> dict[str, str]:
    """The tags that everything of ``stack`` carries, whatever stage it is on."""
    return {"PROJECT": "datastreamer", "PIPELINE": "inference", "STACK": stack}


def tags(stack: str) -> dict[str, str]:
    """The tags of what a command makes by itself for ``stack``, on the stage that the command has entered."""
    return {**stack_tags(stack), "STAGE": stage_tag(os.environ), **BY_HAND}


def tag_list(stack: str) -> list[dict[str, str]]:
    """The same tags as most services take them: ``[{"Key", "Value"}]``."""
    return [{"Key": key, "Value": value} for key, value in tags(stack).items()]


def has_tags(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether all of ``wanted`` are among the tags ``found``."""
    return all(found.get(key) == value for key, value in wanted.items())
