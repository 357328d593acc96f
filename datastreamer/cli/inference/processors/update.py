"""``update-processor``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import TimeoutOption, command
from datastreamer.cli.inference.processors import options as option
from datastreamer.cli.inference.processors.lifecycle import PANEL, package, remark_on_expiry
from datastreamer.cli.inference.session import Session
from datastreamer.inference.names import BY_HAND, has_tags
from datastreamer.inference.resources.processor_update import Update, update_processor
from datastreamer.inference.resources.processors import describe_processor

SETTINGS: Final = {
    "CONTENT_TYPE": "content_type",
    "MAX_ROWS_PER_CALL": "max_rows_per_call",
    "SCORE_THRESHOLD": "score_threshold",
    "TTL_DAYS": "ttl_days",
    "MemorySize": "memory_megabytes",
    "Timeout": "timeout_seconds",
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "batching_window_seconds",
    "ParallelizationFactor": "parallelization_factor",
    "MaximumRetryAttempts": "maximum_retries",
    "MaximumRecordAgeInSeconds": "maximum_record_age_seconds",
    "BisectBatchOnFunctionError": "bisect_on_error",
}
"""The setting of a deployed stack for each variable and parameter of its processor that the command changes."""
UNSET: Final = {"score_threshold": "", "ttl_days": "0"}
"""How a setting says that there is none."""


@command(
    "update-processor",
    panel=PANEL,
    changes=True,
    examples=(
        "update-processor my-realtime-ml-processor",
        "update-processor my-realtime-ml-processor --threshold 0.7",
        "update-processor my-realtime-ml-processor --batch-size 1000 --window 2",
    ),
)
def update(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.processors, help="Name of the processor.")],
    code: Annotated[
        bool | None, typer.Option("--code/--no-code", help="Bring its code up to date; the default without options.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="Score with this endpoint.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Write to this table.")] = None,
    content_type: Annotated[option.Content | None, option.CONTENT_TYPE] = None,
    max_rows: Annotated[int | None, option.MAX_ROWS] = None,
    threshold: Annotated[str | None, option.THRESHOLD] = None,
    ttl_days: Annotated[int | None, option.TTL_DAYS] = None,
    memory: Annotated[int | None, option.MEMORY] = None,
    function_timeout: Annotated[int | None, option.FUNCTION_TIMEOUT] = None,
    batch_size: Annotated[int | None, option.BATCH_SIZE] = None,
    window: Annotated[int | None, option.WINDOW] = None,
    parallelization: Annotated[int | None, option.PARALLELIZATION] = None,
    retries: Annotated[int | None, option.RETRIES] = None,
    max_age: Annotated[int | None, option.MAX_AGE] = None,
    bisect: Annotated[bool | None, option.BISECT] = None,
    timeout: TimeoutOption = 600,
) -> None:
    """Change a processor: without options its code, with options what they say and nothing else."""
    told: dict[str, str | None] = {}
    if content_type is not None:
        told["CONTENT_TYPE"] = content_type.value
    if max_rows is not None:
        told["MAX_ROWS_PER_CALL"] = str(max_rows)
    if threshold is not None:
        told["SCORE_THRESHOLD"] = option.threshold_value(threshold)
    if ttl_days is not None:
        told["TTL_DAYS"] = str(ttl_days) if ttl_days else None
    function = _given(MemorySize=memory, Timeout=function_timeout)
    mapping_settings = _given(
        BatchSize=batch_size,
        MaximumBatchingWindowInSeconds=window,
        ParallelizationFactor=parallelization,
        MaximumRetryAttempts=retries,
        MaximumRecordAgeInSeconds=max_age,
        BisectBatchOnFunctionError=bisect,
    )
    with_code = code if code is not None else not (told or function or mapping_settings or endpoint or table)
    change = Update(package() if with_code else None, endpoint, table, told, function, mapping_settings)
    with session.following(f"processor {name}", quiet=session.quiet) as report:
        patience = None if session.dry_run else Patience(timeout)
        changed = update_processor(session.client, name, change, session.place, patience=patience, report=report)
    _remark(session, name, ttl_days, deploy_settings({**told, **function, **mapping_settings}))
    session.answer(
        {"processor": name, "changed": changed},
        f"[green]changed[/] {', '.join(changed)} of processor {name}"
        if changed
        else f"processor {name} is as it should be",
    )


def deploy_settings(given: Mapping[str, Any]) -> dict[str, str]:
    """What was changed, as ``deploy --set`` takes it (terraform/pipelines/inference/variables.tf)."""
    values = {SETTINGS[name]: value for name, value in given.items()}
    return {
        name: json.dumps(value) if isinstance(value, bool) else UNSET[name] if value is None else str(value)
        for name, value in values.items()
    }


def _remark(session: Session, name: str, ttl_days: int | None, settings: Mapping[str, str]) -> None:
    """What the change does not do by itself."""
    lambda_ = session.client("lambda")
    found = describe_processor(lambda_, name)
    tags = lambda_.list_tags(Resource=found.arn)["Tags"]
    if settings and not has_tags(tags, BY_HAND) and "STACK" in tags:
        same = " ".join(f"--set {each}={value}" for each, value in settings.items())
        session.remark(
            f"[yellow]deploy {tags['STACK']} would set it back[/]: give it the same, "
            f"datastreamer inference deploy {tags['STACK']} {same}"
        )
    if ttl_days:
        remark_on_expiry(session, found.table)


def _given(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}
