"""Running the command line of a script."""

from __future__ import annotations

import sys
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from datastreamer.errors import DatastreamerError

INTERRUPTED = 130
"""128 + SIGINT, as shells report a command that Ctrl+C ended."""


class _Program(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the command; Typer would make an exit of Ctrl+C without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print("interrupted: what ran was ended in good order", file=sys.stderr)
            sys.exit(INTERRUPTED)


def new_app(about: str | None) -> typer.Typer:
    """A command line without completion, whose errors are a line each; ``about`` is its help, a module's docstring."""
    return typer.Typer(
        cls=_Program, help=about, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
    )


def run(app: typer.Typer, arguments: list[str], name: str) -> int:
    """Run ``app`` as ``name``; its exit status.

    0 done, 1 when AWS refuses, 2 for wrong usage, 130 interrupted, or what the command or its error says.
    """
    try:
        app(arguments, prog_name=name)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0
