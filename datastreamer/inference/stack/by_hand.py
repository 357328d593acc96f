"""What commands made by themselves for a stack, which Terraform knows nothing of: found by its tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.waiting import PATIENT, Patience, Report
from datastreamer.inference.missing import CONFIG, ENDPOINT, MODEL, TABLE, Kind, stream_names
from datastreamer.inference.names import BY_HAND, Names, has_tags, role_of, stack_tags
from datastreamer.inference.resources.endpoints import delete_endpoint, find_endpoint, wait_until_endpoint_is_gone
from datastreamer.inference.resources.models import delete_endpoint_config, delete_model
from datastreamer.inference.resources.processors import list_processors
from datastreamer.inference.resources.roles import SAGEMAKER, delete_role, description_of, find_role
from datastreamer.inference.stack.promotion import behind

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient

NewClient = Callable[[str], Any]

ENDPOINT_LOGS: Final = "/aws/sagemaker/Endpoints/"
"""What SageMaker's names of log groups begin with; the endpoint's follows."""


@dataclass(frozen=True)
class Serving:
    """What serves models: goes with the stack, since it costs money and holds no data."""

    endpoints: tuple[str, ...]
    configs: tuple[str, ...]
    models: tuple[str, ...]
    roles: tuple[str, ...]
    log_groups: tuple[str, ...] = ()

    def described(self) -> list[str]:
        """A line each."""
        return [
            *(f"endpoint {name}" for name in self.endpoints),
            *(f"endpoint configuration {name}" for name in self.configs),
            *(f"model {name}" for name in self.models),
            *(f"role {name}" for name in self.roles),
            *(f"log group {name}" for name in self.log_groups),
        ]


def find_serving(client: NewClient, stack: str) -> Serving:
    """Endpoints, their configurations, models, the models' roles and logs that commands made for ``stack``."""
    sagemaker, iam = client("sagemaker"), client("iam")
    endpoints = _tagged(sagemaker, ENDPOINT, "Endpoint", stack)
    configs = set(_tagged(sagemaker, CONFIG, "EndpointConfig", stack))
    models = set(_tagged(sagemaker, MODEL, "Model", stack))
    roles: set[str] = set()
    # What serves now is the stack's, whatever its name and so its tag says.
    for name in {*endpoints, Names(stack, "").endpoint}:
        found = find_endpoint(sagemaker, name)
        if found and found.config in CONFIG.names(sagemaker):
            used = behind(client, found.config, stack)
            configs.update(used.configs)
            models.update(used.models)
            roles.update(used.roles)
    roles.update(roles_of(iam, models), _roles_without_models(iam, stack))
    groups = log_groups_of(client("logs"), {*endpoints, Names(stack, "").endpoint})
    return Serving(endpoints, tuple(sorted(configs)), tuple(sorted(models)), tuple(sorted(roles)), groups)


def log_groups_of(logs: CloudWatchLogsClient, endpoints: Iterable[str]) -> tuple[str, ...]:
    """The log groups that SageMaker made for ``endpoints``: it gives them no tag, keeps them for ever, and leaves them
    behind. One that has tags is somebody's, such as Terraform's."""
    found = []
    for name in sorted(endpoints):
        group = f"{ENDPOINT_LOGS}{name}"
        for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            if each.get("logGroupName") != group:
                continue
            arn = each.get("arn", "").removesuffix(":*")
            if not logs.list_tags_for_resource(resourceArn=arn)["tags"]:
                found.append(group)
    return tuple(found)


def roles_of(iam: IAMClient, models: Iterable[str]) -> list[str]:
    """The execution roles that create-model made for ``models``."""
    roles = [role_of(model) for model in models]
    return [role for role in roles if has_tags(find_role(iam, role) or {}, BY_HAND)]


def _roles_without_models(iam: IAMClient, stack: str) -> list[str]:
    """Roles that create-model made for the stack: a model may be gone, by another hand or an interrupted destroy."""
    made_by_us = re.compile(description_of(".*", SAGEMAKER))
    return [
        role["RoleName"]
        for page in iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
        if made_by_us.fullmatch(role.get("Description", ""))
        and has_tags(find_role(iam, role["RoleName"]) or {}, _wanted(stack))
    ]


def delete_serving(
    client: NewClient, serving: Serving, *, patience: Patience | None = PATIENT, report: Report = lambda _: None
) -> None:
    """Delete all of it, endpoints first; with ``patience``, return when they are gone."""
    sagemaker, iam = client("sagemaker"), client("iam")
    for name in serving.endpoints:
        report(f"endpoint {name}")
        delete_endpoint(sagemaker, name)
    for name in serving.endpoints if patience else ():
        wait_until_endpoint_is_gone(sagemaker, name, patience=patience or PATIENT)
    for name in serving.configs:
        report(f"endpoint configuration {name}")
        delete_endpoint_config(sagemaker, name)
    for name in serving.models:
        report(f"model {name}")
        delete_model(sagemaker, name)
    for name in serving.roles:
        report(f"role {name}")
        delete_role(iam, name)
    logs = client("logs")
    for name in serving.log_groups:
        report(f"log group {name}")
        with suppress(logs.exceptions.ResourceNotFoundException):
            logs.delete_log_group(logGroupName=name)


def find_others(client: NewClient, stack: str, *, whoever_made_it: bool = False) -> list[str]:
    """Streams, tables and processors that commands made for ``stack``, and the command that deletes each.

    With ``whoever_made_it`` those of Terraform too: once it has destroyed all that it knows, they are what an
    interrupted deploy made and could not note in the state.
    """
    kinesis, dynamodb, lambda_ = client("kinesis"), client("dynamodb"), client("lambda")
    wanted = stack_tags(stack) if whoever_made_it else _wanted(stack)

    def tags_of_table(name: str) -> dict[str, str]:
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        return _tags(dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", []))

    found: dict[str, list[str]] = {
        "stream": [
            name
            for name in stream_names(kinesis)
            if has_tags(_tags(kinesis.list_tags_for_stream(StreamName=name)["Tags"]), wanted)
        ],
        "table": [name for name in TABLE.names(dynamodb) if has_tags(tags_of_table(name), wanted)],
        "processor": [
            each.name
            for each in list_processors(lambda_)
            if has_tags(lambda_.list_tags(Resource=each.arn)["Tags"], wanted)
        ],
    }
    return [
        f"{kind} {name}: datastreamer inference delete-{kind} {name}" for kind, names in found.items() for name in names
    ]


def _tagged(sagemaker: Any, kind: Kind, word: str, stack: str) -> tuple[str, ...]:
    """``word`` is what SageMaker's API calls the kind."""
    describe = getattr(sagemaker, {"EndpointConfig": "describe_endpoint_config"}.get(word, f"describe_{word.lower()}"))
    found = []
    for name in kind.names(sagemaker):
        tags = sagemaker.list_tags(ResourceArn=describe(**{f"{word}Name": name})[f"{word}Arn"])["Tags"]
        if has_tags(_tags(tags), _wanted(stack)):
            found.append(name)
    return tuple(sorted(found))


def _wanted(stack: str) -> dict[str, str]:
    return {**stack_tags(stack), **BY_HAND}


def _tags(listed: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
