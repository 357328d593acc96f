"""How an inference command is declared: a function of a session, with the options that all commands have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

import typer
from rich.markup import escape

from datastreamer.cli.context import JsonOption
from datastreamer.cli.inference.calls import show_dry_run
from datastreamer.cli.inference.session import DEFAULT_REGION, Session

RegionOption = Annotated[
    str | None, typer.Option("--region", show_default=DEFAULT_REGION, help="AWS region to work in.", metavar="REGION")
]
StageOption = Annotated[
    str | None,
    typer.Option(
        "--stage",
        envvar="DATASTREAMER_STAGE",
        help="Work on this stage (prod, staging, local) instead of what the environment says.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the AWS calls that would be made, make none.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is done.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most.")]
StackOption = Annotated[
    str | None,
    typer.Option("--stack", help="Stack to tag it with; by default its name without the suffix.", metavar="STACK"),
]


@dataclass(frozen=True)
class Command:
    """A command as the app and the reference see it. ``examples`` are its own words and what follows them."""

    name: str
    panel: str
    examples: tuple[str, ...]
    callback: Callable[..., None]

    @property
    def lines(self) -> list[str]:
        """The examples as one types them."""
        return [
            example if "datastreamer" in example else f"datastreamer inference {example}" for example in self.examples
        ]

    def register(self, app: typer.Typer) -> None:
        """Make it a command of ``app``."""
        epilog = "\n".join(["[bold]Examples[/]", *(f"$ {escape(line)}" for line in self.lines)])
        app.command(name=self.name, rich_help_panel=self.panel, epilog=epilog)(self.callback)


def command(
    name: str, *, panel: str, examples: tuple[str, ...], changes: bool = False
) -> Callable[[Callable[..., None]], Command]:
    """Declare ``function(session, …)`` as a command; one that ``changes`` something also has a dry run."""

    def declare(function: Callable[..., None]) -> Command:
        def run(*, region: str | None, stage: str | None, as_json: bool, **given: Any) -> None:
            dry_run = given.pop("dry_run", False)
            session = Session.enter(region=region, stage=stage, as_json=as_json, dry_run=dry_run)
            function(session, **given)
            show_dry_run(session)

        options: dict[str, tuple[Any, object]] = {"dry_run": (DryRunOption, False)} if changes else {}
        options |= {"as_json": (JsonOption, False), "region": (RegionOption, None), "stage": (StageOption, None)}
        hints = get_type_hints(function, include_extras=True)
        own = [each for each in inspect.signature(function).parameters.values() if each.name != "session"]
        # Typer reads the signature to learn the arguments and options.
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                *(each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
                *(
                    inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
                    for option, (annotation, default) in options.items()
                ),
            ]
        )
        run.__annotations__ = {}
        run.__doc__, run.__name__ = _unwrapped(function.__doc__ or ""), function.__name__
        return Command(name, panel, examples, run)

    return declare


def _unwrapped(text: str) -> str:
    """A line for each paragraph: Typer would keep the breaks of the source, whatever the terminal's width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
