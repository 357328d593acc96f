"""Terraform's messages become lines for people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from datastreamer.provisioning.terraform.progress import Progress


def see(progress: Progress, **message: Any) -> None:
    progress.see(json.dumps(message))


def hook(action: str, seconds: float = 0) -> dict[str, Any]:
    resource = {"addr": 'module.stage.module.telemetry[0].module.job.aws_s3_object.this["a"]'}
    return {"resource": resource, "action": action, "elapsed_seconds": seconds}


def test_each_finished_resource_is_counted_and_named() -> None:
    lines: list[str] = []
    progress = Progress(lines.append)
    see(progress, type="planned_change", change={"action": "create"})
    see(progress, type="planned_change", change={"action": "replace"})
    see(progress, type="planned_change", change={"action": "read"})
    see(progress, type="apply_complete", hook=hook("read"))
    see(progress, type="apply_complete", hook=hook("create", 30.2))
    see(progress, type="apply_progress", hook=hook("delete", 10))
    see(progress, type="apply_complete", hook=hook("delete"))
    assert lines == [
        '  1/3 created telemetry.job.aws_s3_object.this["a"] in 30 s',
        '  … telemetry.job.aws_s3_object.this["a"] for 10 s',
        '  2/3 deleted telemetry.job.aws_s3_object.this["a"]',
    ]
    assert (progress.done, progress.planned) == (2, 3)


def test_errors_are_kept_whole_and_warnings_reported() -> None:
    lines: list[str] = []
    progress = Progress(lines.append)
    place = {"filename": "main.tf", "start": {"line": 7}}
    see(progress, type="diagnostic", diagnostic={"severity": "warning", "summary": "Old word", "range": place})
    see(
        progress,
        type="diagnostic",
        diagnostic={"severity": "error", "summary": "No bucket", "detail": "It is gone.", "address": "aws_s3_bucket.a"},
    )
    assert lines == ["  warning: Old word (main.tf:7)"]
    assert progress.diagnosis() == "aws_s3_bucket.a: No bucket\nIt is gone."


def test_what_terraform_says_before_it_speaks_json_is_the_reason() -> None:
    progress = Progress(lambda _: None)
    progress.see("Error: unknown flag")
    assert progress.diagnosis() == "Error: unknown flag"
    assert Progress(lambda _: None).diagnosis() == "it gave no reason"


@pytest.mark.parametrize(
    "detail",
    [
        "ResourceInUseException: Stream datastreamer-local-stream already exists",
        "ResourceConflictException: Function already exist: datastreamer-local-votes-cast",
        "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
        "InvalidRequestException: WorkGroup is already created",
        "ValidationException: Cannot create already existing model",
        "EntityAlreadyExists: Role with name datastreamer-local-firehose already exists.",
        "OriginAccessControlAlreadyExists: An origin access control with the same name already exists.",
    ],
)
def test_a_name_that_is_taken_says_how_to_take_it_into_the_state(detail: str) -> None:
    progress = Progress(lambda _line: None)
    progress.see(
        json.dumps(
            {
                "type": "diagnostic",
                "diagnostic": {
                    "severity": "error",
                    "summary": "creating Kinesis Stream",
                    "detail": detail,
                    "address": "module.stage.module.telemetry[0].module.stream.aws_kinesis_stream.this",
                },
            }
        )
    )
    address = "module.stage.module.telemetry[0].module.stream.aws_kinesis_stream.this"
    wanted = f"make adopt STAGE=<stage> ADDRESS='{address}' ID=<id>"
    assert wanted in progress.diagnosis()
