"""``datastreamer telemetry await-delivery``: wait until what Kinesis acknowledged is in raw S3."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.telemetry.receipts import ReceiptsOption, progress_bars, read_receipts
from datastreamer.errors import RetryableError, UsageError
from datastreamer.events.receipt import DEFAULT_DIRECTORY

POLL_SECONDS = 1.0


def await_delivery(
    receipts: ReceiptsOption = DEFAULT_DIRECTORY,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most.")] = 900,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Wait until each line that the receipts' journals say Kinesis acknowledged is in raw S3.

    Of a run without a journal, only the number of lines can be waited for.
    """
    from datastreamer.telemetry.audit.audit import count_raw
    from datastreamer.telemetry.audit.delivery import missing_from
    from datastreamer.telemetry.new_objects import list_objects

    context = Context.enter(stage)
    found = read_receipts(receipts, context)
    if not found.runs:
        raise UsageError(
            f"there is no receipt of stage {context.stage} in {receipts}; send something: python -m datastreamer.sensor"
        )
    nameless = sum(run.acknowledged for run in found.runs if not run.names_all)
    if nameless:
        context.err.print(f"[yellow]no journal names {nameless:,} of the lines: only their number is waited for[/]")
    s3, names = context.client("s3"), context.names
    lines: dict[str, int] = {}
    identities = []
    deadline = time.monotonic() + timeout
    with progress_bars(context, quiet=as_json) as report:
        while True:
            listed = list_objects(s3, names.raw)
            new = [item for item in listed if f"s3://{names.data_bucket}/{item.key}" not in lines]
            count = count_raw(s3, names.data_bucket, new, identify=lambda _: True)
            lines |= count.lines
            identities.append(count.identities)
            delivered = sum(lines.values())
            missing = max(found.acknowledged - delivered, missing_from(identities, found.runs).lines)
            report("readings delivered", found.acknowledged - missing, found.acknowledged)
            if not missing:
                break
            if time.monotonic() >= deadline:
                raise RetryableError(
                    f"{missing:,} readings are not in raw S3 after {timeout:.0f} s; "
                    f"look at the delivery: datastreamer telemetry status --stage {context.stage}"
                )
            time.sleep(POLL_SECONDS)
    if as_json:
        context.answer_json({"acknowledged": found.acknowledged, "delivered": delivered, "objects": len(lines)})
    else:
        context.out.print(
            f"{delivered:,} lines in {len(lines):,} raw objects; {found.acknowledged:,} were acknowledged"
        )
