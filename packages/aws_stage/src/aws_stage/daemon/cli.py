"""``aws-stage up|down|status|logs|serve|forget|adopt``: the local stage from the command line.

Exit status: 0 done (``status``: up), 1 failed, 2 the command or a setting must be fixed, 3 ``status`` found it down.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from aws_stage.daemon import process
from aws_stage.daemon.instance import Ownership
from aws_stage.daemon.log_tail import follow
from aws_stage.daemon.memory import enough_memory
from aws_stage.daemon.private import keep_private
from aws_stage.errors import ConfigurationError, StageError
from aws_stage.kernel.settings import Settings
from aws_stage.storage.manifest import giving_up

EXIT_DOWN = 3


app = typer.Typer(
    help="The local stage: the AWS API on this machine, on loopback only.",
    epilog="AWS_STAGE_PORT (4566), AWS_STAGE_DATA_DIR (.aws-stage) and AWS_STAGE_REGION (ap-northeast-1) choose the "
    "stage. The package's docs/local-stage.md says what it serves.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
JsonOption = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit status."""
    try:
        app(list(arguments), prog_name="aws-stage", obj=environ)
    except StageError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0


def _settings(context: typer.Context) -> Settings:
    return Settings.from_env(context.obj)


@app.command("up")
def _up(
    context: typer.Context,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait.")] = 30,
) -> None:
    """Start it in the background and wait until it answers."""
    settings = _settings(context)
    instance, started = process.start(settings, timeout)
    how = "is up" if started else "is already up"
    print(f"The local stage {how} on {settings.endpoint_url} (pid {instance.pid}, data in {settings.data_dir}).")
    for address in process.websites(settings):
        print(f"Website: {address}")


@app.command("down")
def _down(
    context: typer.Context,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait.")] = 60,
    kill: Annotated[bool, typer.Option("--kill", help="After the timeout, kill it.")] = False,
) -> None:
    """Flush everything, stop it and wait until it is gone."""
    instance = process.stop(_settings(context), timeout, kill=kill)
    print(f"The local stage (pid {instance.pid}) is down." if instance else "The local stage is not running.")


@app.command("status")
def _status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show whether it is up (exit status 0 up, 3 down)."""
    found = process.status(_settings(context))
    if as_json:
        print(json.dumps(found.as_dict()))
    else:
        for name, value in _rows(found):
            print(f"{name:<9} {value}")
    if found.pid is None:
        raise typer.Exit(EXIT_DOWN)


def _rows(found: process.Status) -> list[tuple[str, str]]:
    rows = [("status", found.status)]
    if found.pid is not None:
        rows += [
            ("endpoint", str(found.endpoint_url)),
            ("pid", str(found.pid)),
            ("uptime", _duration(found.uptime_seconds or 0)),
            ("memory", _size(found.memory_bytes)),
            ("engines", ", ".join(found.engines or []) or "none"),
            *_disk(found.disk),
        ]
    return [*rows, ("data", f"{found.data_dir} ({_size(found.data_bytes)})")]


@app.command("forget")
def _forget(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="A file or folder, as the refused start named it.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Give up damaged state, exactly that of the files named, so that the stage starts without it.

    Nothing is destroyed: what is left of the files is moved to the folder given-up beside the state folder.
    """
    settings = _settings(context)
    with _taken(settings):
        given = giving_up.forget(settings.state_dir, files)
    if as_json:
        print(json.dumps([{"file": each.path, "moved_to": each.moved and str(each.moved)} for each in given]))
        return
    for each in given:
        where = f"what was left is in {each.moved}" if each.moved else "nothing was left of it"
        print(f"{each.path}: given up ({each.content.held}); {where}.")


@app.command("adopt")
def _adopt(context: typer.Context, as_json: JsonOption = False) -> None:
    """Take the state that is there for whole, where its manifest is lost.

    Begins a new manifest of the state folder as it is. What else is missing cannot be told from then on.
    """
    settings = _settings(context)
    with _taken(settings):
        moved = giving_up.adopt(settings.state_dir)
    if as_json:
        print(json.dumps({"adopted": str(settings.state_dir), "moved": [str(path) for path in moved]}))
        return
    print(f"The next start takes what is in {settings.state_dir} for whole.")
    for path in moved:
        print(f"The old manifest is in {path}.")


def _disk(disk: dict[str, Any] | None) -> list[tuple[str, str]]:
    if disk is None:
        return []
    rows = [("disk", f"{_size(disk['free_bytes'])} free")]
    if disk["free_bytes"] < disk["needed_bytes"]:
        rows = [("disk", f"nearly full: {_size(disk['free_bytes'])} free, {_size(disk['needed_bytes'])} are needed")]
    rows += [
        (
            "refused",
            f"{each['store']} cannot write since {_clock(each['at'])} ({each['error']}), or has not since tried",
        )
        for each in disk["failing"]
    ]
    last = disk["last_refused"]
    if last and not disk["failing"]:
        rows.append(("refused", f"last at {_clock(last['at'])} ({last['store']}: {last['error']}); works again"))
    return rows


def _clock(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


@contextmanager
def _taken(settings: Settings) -> Iterator[None]:
    """Hold the data directory, so that no stage uses it meanwhile."""
    if not settings.state_dir.is_dir():
        raise ConfigurationError(f"{settings.state_dir} does not exist: there is no state to give up")
    with Ownership(settings.data_dir, settings.port):
        yield


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _size(count: int | None) -> str:
    return "unknown" if count is None else f"{count / 1024**2:,.1f} MiB"


@app.command("logs")
def _logs(
    context: typer.Context,
    lines: Annotated[int, typer.Option(metavar="N", help="How many past lines.")] = 50,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="End after the past lines.")] = False,
) -> None:
    """Show its log and follow it until Ctrl+C."""
    follow(process.log_path(_settings(context).data_dir), lines, sys.stdout, once=no_follow)


@app.command("serve")
def _serve(context: typer.Context) -> None:
    """Run it in the foreground until Ctrl+C."""
    settings = _settings(context)
    keep_private()
    with enough_memory():
        from aws_stage.daemon.stage import LocalStage

        LocalStage(settings).serve()
