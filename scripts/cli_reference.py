"""Write the reference of the commands, docs/cli/inference.md, from the commands themselves: ``make cli-docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any

import typer

from datastreamer.cli.entry import app
from datastreamer.cli.inference import COMMANDS
from datastreamer.provisioning.checkout import REPOSITORY
from scripts.commands import new_app, run

PAGE = REPOSITORY / "docs" / "cli" / "inference.md"
SHARED = ("dry_run", "as_json", "region", "stage", "help")

INTRODUCTION = """# datastreamer inference

`./scripts/script.sh <command>` is the same as `datastreamer inference <command>`. This page is written by
`make cli-docs` from the commands themselves; `--help` says the same.

Every command takes:

| option | |
|---|---|
| `--json` | Answer in JSON on standard output, for machines. |
| `--region REGION` | AWS region to work in; `ap-northeast-1` unless it is named. |
| `--stage STAGE` | Work on this stage (`prod`, `staging`, `local`), not on what the environment says. |
| `--dry-run` | Where the command changes something: print the AWS calls that would be made, and make none. |
| `--help` | What the command does and takes, with examples. |

`AWS_PROFILE`, `AWS_ENDPOINT_URL` and all else that boto3 reads from the environment hold; `DATASTREAMER_STAGE` is the
same as `--stage`. Answers go to standard output, progress and remarks to standard error. Colours go to terminals only;
`NO_COLOR=1` switches them off.

| exit code | |
|---|---|
| 0 | done |
| 1 | failed, or something is unhealthy, unreadable or still failing |
| 2 | wrong usage: an argument, a setting or the name of something that does not exist |
| 130 | ended by Ctrl+C |

Completion of commands, options and names: `datastreamer --install-completion`.
"""


def reference() -> str:
    """The page, whole."""
    group: Any = typer.main.get_command(app).commands["inference"]  # type: ignore[attr-defined]
    parts = [INTRODUCTION]
    panel = ""
    for each in sorted(COMMANDS, key=lambda command: _order(command.panel)):
        if each.panel != panel:
            panel = each.panel
            parts.append(f"## {panel}\n")
        parts.append("\n".join(_section(each, group.commands[each.name])))
    return "\n".join(parts)


def _order(panel: str) -> int:
    return list(dict.fromkeys(command.panel for command in COMMANDS)).index(panel)


def _section(declared: Any, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name not in SHARED]
    words = [f"<{_name(each)}>" if each.required else f"[{_name(each)}]" for each in arguments]
    yield f"### `{' '.join([declared.name, *words])}`\n"
    yield f"{command.help}\n"
    if arguments or options:
        yield "| argument or option | |\n|---|---|"
        for each in arguments:
            yield f"| `{_name(each)}` | {each.help} |"
        for each in options:
            yield f"| `{_spelled(each)}` | {each.help}{_default(each)} |"
        yield ""
    if any(each.name == "dry_run" for each in command.params):
        yield "Has a dry run.\n"
    yield "```bash"
    yield from declared.lines
    yield "```\n"


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name).lower().replace("_", "-")


def _spelled(option: Any) -> str:
    names = "/".join([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return names
    return f"{names} {option.metavar or _kind(option.type_descriptor.annotation)}"


def _kind(annotation: Any) -> str:
    if issubclass(annotation, Enum):
        return "\\|".join(each.value for each in annotation)
    return "N" if issubclass(annotation, int | float) else "TEXT"


def _default(option: Any) -> str:
    default = getattr(option.default, "value", option.default)
    if default is None or default is False or default == ():
        return ""
    if option.is_flag:
        return f" Default: `{option.opts[0]}`."
    return f" Default: {default}."


script = new_app(__doc__)


@script.command()
def write(
    check: Annotated[
        bool, typer.Option("--check", help="Only say, by exit code 1, that the page is out of date.")
    ] = False,
) -> None:
    """Write the page."""
    page = reference()
    if check:
        raise typer.Exit(int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(script, sys.argv[1:], "cli_reference"))
