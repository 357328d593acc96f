"""``datastreamer status``: every pipeline of a stage; and ``status`` of one of them, which are alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pkgutil import resolve_name

import typer

from datastreamer.aws.status import Part, StageParts, all_healthy, is_off
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.parts import parts_table
from datastreamer.pipelines import PIPELINES, Pipeline


def status(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Show every part of every pipeline that is on; exits 1 when one is not as it should be, or when none is on."""
    context = Context.enter(stage)
    with context.following("status", quiet=as_json):
        every = {name: _parts(pipeline, context) for name, pipeline in PIPELINES.items()}
    found = {name: parts for name, parts in every.items() if not is_off(parts)}
    healthy = bool(found) and all(map(all_healthy, found.values()))
    if as_json:
        pipelines = [
            {"pipeline": name, "healthy": all_healthy(parts), "parts": [asdict(part) for part in parts]}
            for name, parts in found.items()
        ]
        context.answer_json({"stage": context.stage, "healthy": healthy, "pipelines": pipelines})
    else:
        for name, parts in found.items():
            context.out.print(parts_table(name, parts))
        if not found:
            context.err.print(f"no pipeline is on in stage {context.stage}. To put it in place: make apply")
    if not healthy:
        raise typer.Exit(1)


def status_of(pipeline: Pipeline) -> Callable[..., None]:
    """The command ``status`` of ``pipeline``."""

    def status(as_json: JsonOption = False, stage: StageOption = "local") -> None:
        """Show every part of the pipeline; exits 1 when one is not as it should be."""
        context = Context.enter(stage)
        with context.following("status", quiet=as_json):
            parts = _parts(pipeline, context)
        if as_json:
            context.answer_json({"stage": context.stage, "parts": [asdict(part) for part in parts]})
        else:
            context.out.print(parts_table(pipeline.name, parts))
        if not all_healthy(parts):
            raise typer.Exit(1)

    return status


def _parts(pipeline: Pipeline, context: Context) -> list[Part]:
    stage_parts: StageParts = resolve_name(pipeline.status)
    return stage_parts(context.stage, context.account, context.client, datetime.now(UTC))
