"""``aws-stage up|down|status|logs|serve|forget|adopt``: the local stage from the command line.

Exit status: 0 done (``status``: up), 1 failed, 2 the command or a setting must be fixed, 3 ``status`` found it down.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from aws_stage.daemon import process
from aws_stage.daemon.instance import Ownership
from aws_stage.daemon.log_tail import follow
from aws_stage.daemon.memory import enough_memory
from aws_stage.daemon.private import keep_private
from aws_stage.errors import ConfigurationError, StageError
from aws_stage.kernel.settings import Settings
from aws_stage.storage.manifest import giving_up

EXIT_DOWN = 3


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env(environ)
        result: int = options.run(options, settings)
    except StageError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aws-stage",
        description="The local stage: the AWS API on this machine, on loopback only.",
        epilog="AWS_STAGE_PORT (4566), AWS_STAGE_DATA_DIR (.aws-stage) and AWS_STAGE_REGION (ap-northeast-1) "
        "choose the stage. The package's docs/local-stage.md says what it serves.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    up = commands.add_parser("up", help="start it in the background and wait until it answers")
    up.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="how long to wait (default 30)")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="flush everything, stop it and wait until it is gone")
    down.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="how long to wait (default 60)")
    down.add_argument("--kill", action="store_true", help="after the timeout, kill it")
    down.set_defaults(run=_down)

    status = commands.add_parser("status", help="show whether it is up (exit status 0 up, 3 down)")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.set_defaults(run=_status)

    logs = commands.add_parser("logs", help="show its log and follow it until Ctrl+C")
    logs.add_argument("--lines", type=int, default=50, metavar="N", help="how many past lines (default 50)")
    logs.add_argument("--no-follow", action="store_true", help="end after the past lines")
    logs.set_defaults(run=_logs)

    serve = commands.add_parser("serve", help="run it in the foreground until Ctrl+C")
    serve.set_defaults(run=_serve)

    forget = commands.add_parser(
        "forget",
        help="give up damaged state, exactly that of the files named",
        description="Give up what files of the state folder held, so that the stage starts without it. Nothing is "
        "destroyed: what is left of the files is moved to the folder given-up beside the state folder.",
    )
    forget.add_argument("files", nargs="+", metavar="FILE", help="a file or folder, as the refused start named it")
    forget.add_argument("--json", action="store_true", help="as one JSON object")
    forget.set_defaults(run=_forget)

    adopt = commands.add_parser(
        "adopt",
        help="take the state that is there for whole, where its manifest is lost",
        description="Begin a new manifest of the state folder as it is, when the manifest itself is lost. Whatever "
        "else is missing cannot be told from then on.",
    )
    adopt.add_argument("--json", action="store_true", help="as one JSON object")
    adopt.set_defaults(run=_adopt)
    return parser


def _up(options: argparse.Namespace, settings: Settings) -> int:
    instance, started = process.start(settings, options.timeout)
    how = "is up" if started else "is already up"
    print(f"The local stage {how} on {settings.endpoint_url} (pid {instance.pid}, data in {settings.data_dir}).")
    for address in process.websites(settings):
        print(f"Website: {address}")
    return 0


def _down(options: argparse.Namespace, settings: Settings) -> int:
    instance = process.stop(settings, options.timeout, kill=options.kill)
    print(f"The local stage (pid {instance.pid}) is down." if instance else "The local stage is not running.")
    return 0


def _status(options: argparse.Namespace, settings: Settings) -> int:
    found = process.status(settings)
    if options.json:
        print(json.dumps(found.as_dict()))
    else:
        for name, value in _rows(found):
            print(f"{name:<9} {value}")
    return EXIT_DOWN if found.pid is None else 0


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


def _forget(options: argparse.Namespace, settings: Settings) -> int:
    with _taken(settings):
        given = giving_up.forget(settings.state_dir, options.files)
    if options.json:
        print(json.dumps([{"file": each.path, "moved_to": each.moved and str(each.moved)} for each in given]))
        return 0
    for each in given:
        where = f"what was left is in {each.moved}" if each.moved else "nothing was left of it"
        print(f"{each.path}: given up ({each.content.held}); {where}.")
    return 0


def _adopt(options: argparse.Namespace, settings: Settings) -> int:
    with _taken(settings):
        moved = giving_up.adopt(settings.state_dir)
    if options.json:
        print(json.dumps({"adopted": str(settings.state_dir), "moved": [str(path) for path in moved]}))
        return 0
    print(f"The next start takes what is in {settings.state_dir} for whole.")
    for path in moved:
        print(f"The old manifest is in {path}.")
    return 0


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


def _logs(options: argparse.Namespace, settings: Settings) -> int:
    follow(process.log_path(settings.data_dir), options.lines, sys.stdout, once=options.no_follow)
    return 0


def _serve(_options: argparse.Namespace, settings: Settings) -> int:
    keep_private()
    with enough_memory():
        from aws_stage.daemon.stage import LocalStage

        LocalStage(settings).serve()
    return 0
