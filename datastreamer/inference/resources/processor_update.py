"""Changing a processor that is there: its code, what it is told, how its stream is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datastreamer.aws.waiting import PATIENT, Patience, Report
from datastreamer.errors import UsageError
from datastreamer.inference.names import BY_HAND, has_tags, role_of
from datastreamer.inference.resources.functions import wait_for_function
from datastreamer.inference.resources.place import Place
from datastreamer.inference.resources.policies import processor_policy
from datastreamer.inference.resources.processor_setup import Connections, NewClient, find_reach
from datastreamer.inference.resources.processors import Processor, describe_processor
from datastreamer.inference.resources.roles import find_role, put_policy


@dataclass(frozen=True)
class Update:
    """What should be other than it is. ``told``: variables of the function, None takes one away.

    ``function`` and ``mapping_settings`` are parameters of UpdateFunctionConfiguration and UpdateEventSourceMapping.
    """

    package: Path | None = None
    endpoint: str | None = None
    table: str | None = None
    told: dict[str, str | None] = field(default_factory=dict)
    function: dict[str, Any] = field(default_factory=dict)
    mapping_settings: dict[str, Any] = field(default_factory=dict)


def update_processor(
    client: NewClient,
    name: str,
    update: Update,
    place: Place,
    *,
    patience: Patience | None = PATIENT,
    report: Report = lambda _: None,
) -> list[str]:
    """Change what ``update`` says and nothing else; returns what was changed.

    Raises ConfigurationError when there is no such processor, UsageError when its role is not ours to change.
    """
    lambda_ = client("lambda")
    found = describe_processor(lambda_, name)
    changed = []
    if update.endpoint or update.table:
        _widen_role(client, found, update, place)
        changed.append("role")
    if update.package:
        report("code")
        lambda_.update_function_code(FunctionName=name, ZipFile=update.package.read_bytes())
        if patience:
            wait_for_function(lambda_, name, patience=patience, report=report)
        changed.append("code")
    told = _told(found, update)
    if told != found.environment or update.function:
        report("configuration")
        lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": told}, **update.function)
        if patience:
            wait_for_function(lambda_, name, patience=patience, report=report)
        changed.append("configuration")
    if update.mapping_settings:
        if not found.mappings:
            raise UsageError(f"nothing feeds processor {name}; to complete it, give its create-processor command again")
        for mapping in found.mappings:
            report("event source mapping")
            lambda_.update_event_source_mapping(UUID=mapping.uuid, **update.mapping_settings)
        changed.append("event source mapping")
    return changed


def _told(found: Processor, update: Update) -> dict[str, str]:
    named = {"ENDPOINT_NAME": update.endpoint, "TABLE_NAME": update.table}
    told = {**found.environment, **{key: value for key, value in named.items() if value}, **update.told}
    return {key: value for key, value in told.items() if value is not None}


def _widen_role(client: NewClient, found: Processor, update: Update, place: Place) -> None:
    """Let the role use the new endpoint or table, before the function does."""
    iam = client("iam")
    role = role_of(found.name)
    if found.role != role or not has_tags(find_role(iam, role) or {}, BY_HAND):
        raise UsageError(
            f"the role of processor {found.name} was not made by create-processor, so another endpoint or table is not "
            "for it to use; change them where the processor was made"
        )
    if not found.mappings:
        raise UsageError(f"nothing feeds processor {found.name}; delete it and make it anew")
    connections = Connections(
        found.mappings[0].stream, update.endpoint or found.endpoint, update.table or found.table, found.bucket
    )
    put_policy(iam, role, processor_policy(find_reach(client, found.name, connections, place), place))
