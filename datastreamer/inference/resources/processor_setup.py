"""Making, changing and deleting a processor whole: bucket, role, log group, function, event source mapping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datastreamer.aws.waiting import PATIENT, Patience, Report
from datastreamer.errors import UsageError
from datastreamer.inference.missing import PROCESSOR, no_such
from datastreamer.inference.names import BY_HAND, has_tags, log_group_of, role_of
from datastreamer.inference.resources.buckets import bucket_exists, create_bucket, encryption_key, protect_bucket
from datastreamer.inference.resources.endpoints import describe_endpoint
from datastreamer.inference.resources.event_source_mappings import (
    MappingSettings,
    create_mapping,
    delete_mapping,
    wait_for_mapping,
)
from datastreamer.inference.resources.functions import (
    Spec,
    create_function,
    delete_function,
    delete_log_group,
    ensure_log_group,
    log_group_tags,
    wait_for_function,
)
from datastreamer.inference.resources.place import Place
from datastreamer.inference.resources.policies import Reach, processor_policy
from datastreamer.inference.resources.processors import Processor, find_processor
from datastreamer.inference.resources.roles import LAMBDA, delete_role, ensure_role, find_role
from datastreamer.inference.resources.streams import describe_stream
from datastreamer.inference.resources.tables import describe_table
from datastreamer.inference.resources.undo import Undo

NewClient = Callable[[str], Any]


@dataclass(frozen=True)
class Connections:
    """What a processor connects, by name."""

    stream: str
    endpoint: str
    table: str
    bucket: str


def find_reach(client: NewClient, name: str, connections: Connections, place: Place) -> Reach:
    """The ARNs and keys of what ``connections`` name.

    Raises ConfigurationError for what does not exist (the bucket need not), UsageError for a table with other keys.
    """
    stream = describe_stream(client("kinesis"), connections.stream)
    endpoint = describe_endpoint(client("sagemaker"), connections.endpoint)
    table = describe_table(client("dynamodb"), connections.table)
    if not table.holds_predictions:
        raise UsageError(
            f"table {connections.table} cannot hold predictions: its keys must be pk and sk, both strings. "
            "Make one: datastreamer inference create-table NAME"
        )
    s3 = client("s3")
    there = bucket_exists(s3, connections.bucket)
    return Reach(
        function=name,
        stream=stream.arn,
        endpoint=endpoint.arn,
        table=table.arn,
        bucket=place.bucket(connections.bucket),
        stream_key=stream.key if stream.key and stream.key.startswith("arn:") else None,
        table_key=table.kms_key,
        bucket_key=encryption_key(s3, connections.bucket) if there else None,
    )


def create_processor(
    client: NewClient,
    spec: Spec,
    *,
    connections: Connections,
    mapping_settings: MappingSettings,
    package: Path,
    place: Place,
    patience: Patience | None = PATIENT,
    wait: bool = True,
    report: Report = lambda _: None,
) -> str:
    """Make what is missing of the processor, and return the UUID of its mapping.

    What was made is taken back when a step fails; what an earlier run left half-made is completed. ``patience`` None:
    wait for nothing (a dry run); ``wait``: also until the mapping is Enabled.
    Raises UsageError when the processor is there whole, or one of its name is not of this stack.
    """
    lambda_, iam, s3, logs = (client(service) for service in ("lambda", "iam", "s3", "logs"))
    reach = find_reach(client, spec.name, connections, place)
    there = find_processor(lambda_, spec.name)
    if there:
        _check_completable(lambda_, there, connections, spec)
    role = role_of(spec.name)
    again = f"The same command completes it; datastreamer inference delete-processor {spec.name} removes it"
    with Undo(report, again) as undo:
        if not bucket_exists(s3, connections.bucket):
            report(f"bucket {connections.bucket}")
            create_bucket(s3, connections.bucket, place)
            undo.note(f"bucket {connections.bucket}", lambda: s3.delete_bucket(Bucket=connections.bucket))
            protect_bucket(s3, connections.bucket, place, spec.stack)
        report(f"role {role}")
        if find_role(iam, role) is None:
            undo.note(f"role {role}", lambda: delete_role(iam, role))
        ensure_role(iam, role, service=LAMBDA, policy=processor_policy(reach, place), place=place, stack=spec.stack)
        report("log group")
        if ensure_log_group(logs, spec.name, spec.stack):
            undo.note("log group", lambda: delete_log_group(logs, spec.name))
        report(f"function {spec.name}")
        if there is None:
            create_function(lambda_, spec, package, report)
            undo.note(f"function {spec.name}", lambda: delete_function(lambda_, spec.name))
        else:
            lambda_.update_function_code(FunctionName=spec.name, ZipFile=package.read_bytes())
        if patience:
            wait_for_function(lambda_, spec.name, patience=patience, report=report)
        if there and there.mappings:
            uuid = there.mappings[0].uuid
        else:
            report("event source mapping")
            uuid = create_mapping(
                lambda_,
                spec.name,
                stream_arn=reach.stream,
                bucket_arn=reach.bucket,
                mapping_settings=mapping_settings,
                stack=spec.stack,
                report=report,
            )
            undo.note("event source mapping", lambda: delete_mapping(lambda_, uuid, report=report))
        # Whatever happens now, it is made whole; waiting may end before AWS is done.
        undo.keep()
        if patience and wait:
            wait_for_mapping(lambda_, uuid, patience=patience, report=report)
    return uuid


def _check_completable(lambda_: Any, there: Processor, connections: Connections, spec: Spec) -> None:
    if not has_tags(lambda_.list_tags(Resource=there.arn)["Tags"], {**BY_HAND, "STACK": spec.stack}):
        raise UsageError(
            f"there is a processor {there.name} already, and create-processor did not make it for stack {spec.stack}"
        )
    told = (there.endpoint, there.table, there.bucket)
    if told != (connections.endpoint, connections.table, connections.bucket) or any(
        mapping.stream != connections.stream for mapping in there.mappings
    ):
        raise UsageError(
            f"there is a processor {there.name} already, and it connects other things. To delete it: "
            f"datastreamer inference delete-processor {there.name}"
        )
    if any(mapping.state == "Enabled" for mapping in there.mappings):
        raise UsageError(
            f"there is a processor {there.name} already. To change it: "
            f"datastreamer inference update-processor {there.name}"
        )


def check_made_by_hand(client: NewClient, processor: Processor, instead: str) -> None:
    """Raises UsageError unless create-processor made it: what Terraform made, Terraform must change or take away."""
    found = client("lambda").list_tags(Resource=processor.arn)["Tags"]
    if not has_tags(found, BY_HAND):
        stack = found.get("STACK")
        advice = f" It belongs to stack {stack}: {instead.format(stack=stack)}" if stack else ""
        raise UsageError(f"processor {processor.name} was not made by create-processor.{advice}")


def delete_processor(
    client: NewClient, name: str, place: Place, *, patience: Patience | None = PATIENT, report: Report = lambda _: None
) -> list[str]:
    """Delete mappings and function, and the role and the log group that create-processor made; returns what was.

    The stream, the table, the endpoint and the bucket of failures stay. A step that fails leaves the rest, which the
    same call again takes away. Raises ConfigurationError when there is nothing of it.
    """
    lambda_, iam, logs = client("lambda"), client("iam"), client("logs")
    processor = find_processor(lambda_, name)
    deleted = []
    for mapping in processor.mappings if processor else ():
        report("event source mapping")
        delete_mapping(lambda_, mapping.uuid, patience=patience, report=report)
        deleted.append(f"event source mapping {mapping.uuid}")
    if processor:
        report(f"function {name}")
        delete_function(lambda_, name)
        deleted.append(f"function {name}")
    role = role_of(name)
    if has_tags(find_role(iam, role) or {}, BY_HAND):
        report(f"role {role}")
        delete_role(iam, role)
        deleted.append(f"role {role}")
    if has_tags(log_group_tags(logs, name, place), BY_HAND):
        report("log group")
        delete_log_group(logs, name)
        deleted.append(f"log group {log_group_of(name)}")
    if not deleted:
        raise no_such(PROCESSOR, name, lambda_)
    return deleted
