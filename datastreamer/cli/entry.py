"""The entry point: every failure becomes one clear line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from rich.markup import escape
from typer.core import TyperGroup

from datastreamer.aws.faults import is_missing
from datastreamer.cli.shown import PlainConsole
from datastreamer.cli.status import status
from datastreamer.errors import DatastreamerError
from datastreamer.pipelines import PIPELINES

INTERRUPTED = 130
"""128 + SIGINT, as shells report a command that Ctrl+C ended."""


class _Program(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl+C is told here, as Typer makes an exit without a word of it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("interrupted", INTERRUPTED)


app = typer.Typer(
    name="datastreamer",
    cls=_Program,
    help="Run, query and audit the Datastreamer pipelines of a stage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    suggest_commands=True,
)
app.command(name="status")(status)
COMMANDS: dict[str, Any] = {name: import_module(pipeline.commands) for name, pipeline in PIPELINES.items()}
for _name, _commands in COMMANDS.items():
    app.add_typer(_commands.app, name=_name)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"datastreamer {version('datastreamer')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Run, query and audit the Datastreamer pipelines of a stage."""


def main() -> None:
    """Run the command line; exits 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted."""
    try:
        app()
    except DatastreamerError as error:
        _fail(str(error), error.exit_code)
    except EndpointConnectionError as error:
        _fail(f"{str(error).rstrip('.')}. Is the region right? The local stage is started with: make up", 1)
    except HTTPClientError as error:
        _fail(f"the AWS endpoint broke off: {error}", 1)
    except (NoCredentialsError, PartialCredentialsError, NoRegionError, ProfileNotFound) as error:
        _fail(f"{error}. Set AWS_PROFILE, or run: aws configure; on the local stage: --stage local", 2)
    except ClientError as error:
        _fail(_sentence(error), 1)
    except BotoCoreError as error:
        _fail(" ".join(str(error).split()), 1)
    except OSError as error:
        _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", 1)


def _sentence(error: ClientError) -> str:
    details = error.response.get("Error", {})
    code, message = details.get("Code", "Error"), details.get("Message", "")
    hint = ""
    if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
        hint = f" The caller may not {error.operation_name}: docs/deploy.md lists the permissions it needs."
    elif code in ("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"):
        hint = " The credentials are wrong or have expired: sign in again."
    elif is_missing(error):
        hint = f" {_missing_hint()}"
    return f"{code}: {message.rstrip('.')}.{hint}"


def _missing_hint() -> str:
    """What the pipeline whose command ran says of missing resources."""
    return next((COMMANDS[word].MISSING_HINT for word in sys.argv[1:] if word in COMMANDS), "Does it exist?")


def _fail(message: str, code: int) -> NoReturn:
    PlainConsole(stderr=True).print(f"[bold red]error:[/] {escape(message.rstrip('.'))}", soft_wrap=True)
    sys.exit(code)
