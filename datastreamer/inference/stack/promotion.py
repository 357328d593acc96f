"""What serves a stack's endpoint, and what served it before: noted in tags, since SageMaker keeps no history.

The endpoint's tag ``CONFIGS`` lists the configurations that commands moved it to, newest first, as many as a tag holds.
What is moved behind an endpoint belongs to the endpoint's stack from then on, so that it goes when the stack goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_missing
from datastreamer.errors import ConfigurationError
from datastreamer.inference.missing import CONFIG, looking_for
from datastreamer.inference.names import BY_HAND, has_tags, role_of
from datastreamer.inference.resources.endpoints import Endpoint, list_endpoints, models_of
from datastreamer.inference.resources.roles import find_role
from datastreamer.inference.stack.stacks import find_stacks

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NewClient = Callable[[str], Any]

HISTORY: Final = "CONFIGS"
TAG_CHARACTERS: Final = 256
"""What a tag's value holds (SageMaker API Reference, "Tag")."""


def tags_of(sagemaker: SageMakerClient, arn: str) -> dict[str, str]:
    """The tags of a resource of SageMaker's."""
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def history_of(tags: dict[str, str]) -> list[str]:
    """The configurations that an endpoint with these tags was moved to, newest first."""
    return tags.get(HISTORY, "").split()


def previous_config(endpoint: Endpoint, tags: dict[str, str]) -> str:
    """The configuration that served before the present one; raises ConfigurationError when none is noted."""
    before = _before(history_of(tags), endpoint.config)
    if not before:
        raise ConfigurationError(
            f"nothing is noted that served endpoint {endpoint.name} before {endpoint.config}: no command moved it. "
            f"Name the configuration: datastreamer inference create-endpoint {endpoint.name} CONFIG --update; see what "
            "there is: aws sagemaker list-endpoint-configs --sort-by CreationTime"
        )
    return before[0]


def note_move(sagemaker: SageMakerClient, endpoint: Endpoint, tags: dict[str, str], config: str) -> None:
    """Note that the endpoint moves from its present configuration to ``config``, before it does."""
    before = [endpoint.config, *_before(history_of(tags), endpoint.config)]
    history = [config, *(name for name in before if name != config)]
    while len(" ".join(history)) > TAG_CHARACTERS:
        history.pop()
    sagemaker.add_tags(ResourceArn=endpoint.arn, Tags=[{"Key": HISTORY, "Value": " ".join(history)}])


def claim(client: NewClient, config: str, stack: str) -> None:
    """Tag as ``stack``'s what commands made and ``config`` uses: the configuration, its models, the models' roles.

    What is tagged for another stack that exists stays that one's; a tag for none was a guess by the resource's name.
    """
    sagemaker, iam = client("sagemaker"), client("iam")
    used = behind(client, config, stack)
    owner: Any = [{"Key": "STACK", "Value": stack}]
    for arn, tagged in used.arns.items():
        if tagged != stack:
            sagemaker.add_tags(ResourceArn=arn, Tags=owner)
    for role, tagged in used.roles.items():
        if tagged != stack:
            iam.tag_role(RoleName=role, Tags=owner)


@dataclass(frozen=True)
class Used:
    """What commands made and a configuration uses, where it may be a stack's; ``arns`` and ``roles`` by STACK tag."""

    configs: list[str]
    models: list[str]
    arns: dict[str, str]
    roles: dict[str, str]


def behind(client: NewClient, config: str, stack: str) -> Used:
    """What ``config`` uses and commands made, but for what is tagged for another stack that exists.

    Raises ConfigurationError when there is no such configuration.
    """
    sagemaker, iam = client("sagemaker"), client("iam")
    others: set[str] | None = None

    def may_be_ours(tags: dict[str, str]) -> bool:
        nonlocal others
        if not has_tags(tags, BY_HAND):
            return False
        owner = tags.get("STACK", "")
        if owner == stack:
            return True
        # Asked for only where it matters: it looks at every function and stream of the region.
        others = {*find_stacks(client), *_stacks_of_endpoints(sagemaker)} if others is None else others
        return owner not in others

    used = Used([], [], {}, {})
    with looking_for(CONFIG, config, sagemaker):
        arn = sagemaker.describe_endpoint_config(EndpointConfigName=config)["EndpointConfigArn"]
    named = [(used.configs, config, arn)]
    for model in models_of(sagemaker, config):
        with _if_there():
            named.append((used.models, model, sagemaker.describe_model(ModelName=model)["ModelArn"]))
    for kept, name, arn in named:
        if may_be_ours(tags := tags_of(sagemaker, arn)):
            kept.append(name)
            used.arns[arn] = tags.get("STACK", "")
    for role in map(role_of, used.models):
        if may_be_ours(tags := find_role(iam, role) or {}):
            used.roles[role] = tags.get("STACK", "")
    return used


def _stacks_of_endpoints(sagemaker: SageMakerClient) -> set[str]:
    """A stack may consist of an endpoint alone, while its pipeline is made or destroyed."""
    return {tags_of(sagemaker, each.arn).get("STACK", "") for each in list_endpoints(sagemaker)} - {""}


def _before(history: list[str], present: str) -> list[str]:
    """What served before ``present``, newest first; all that is noted when no command moved it to ``present``."""
    later = history[history.index(present) + 1 :] if present in history else history
    return [name for name in later if name != present]


@contextmanager
def _if_there() -> Iterator[None]:
    """A model may be deleted while its endpoint lives."""
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
