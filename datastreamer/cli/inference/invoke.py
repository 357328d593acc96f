"""``invoke-endpoint``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.markup import escape

from datastreamer.cli.inference import completion
from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.errors import UsageError
from datastreamer.inference import invocation


@command(
    "invoke-endpoint",
    panel="SageMaker",
    examples=(
        "invoke-endpoint my-realtime-ml-endpoint 25.5,60.0,1013.25",
        """invoke-endpoint my-endpoint-with-a-script '{"instances": [{"features": [25.5, 60.0, 1013.25]}]}'""",
        "invoke-endpoint my-realtime-ml-endpoint @rows.csv --json",
    ),
)
def invoke_endpoint(
    session: Session,
    name: Annotated[str, typer.Argument(autocompletion=completion.endpoints, help="Name of the endpoint.")],
    data: Annotated[str, typer.Argument(help="Rows of CSV, or JSON; @FILE reads a file, - standard input.")],
    content_type: Annotated[
        str | None, typer.Option("--content-type", metavar="TYPE", help="By default what the data looks like.")
    ] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="Ask this production variant.")] = None,
) -> None:
    """Ask an endpoint for a prediction."""
    body = _read(data)
    if not body.strip():
        raise UsageError("there is nothing to send; give CSV such as 25.5,60.0 or JSON")
    kind = content_type or invocation.content_type_of(body)
    try:
        runtime = session.new_client("sagemaker-runtime", invocation.ONE_ATTEMPT)
        answer = invocation.invoke(runtime, name, body, content_type=kind, variant=variant)
    except ClientError as error:
        better = invocation.explained(error, session.client("sagemaker"), name)
        if better is None:
            raise
        raise better from error
    session.answer(
        {
            "endpoint": name,
            "variant": answer.variant,
            "content_type": answer.content_type,
            "prediction": answer.value,
            "milliseconds": round(answer.milliseconds, 1),
        },
        escape(answer.body.decode("utf-8", "replace").strip()),
    )
    session.remark(f"[dim]{answer.milliseconds:.1f} ms, variant {escape(answer.variant or '-')}[/]")


def _read(data: str) -> bytes:
    if data == "-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        return Path(data[1:]).read_bytes()
    return data.replace("\\n", "\n").encode("utf-8", "surrogateescape")
