"""The demo: the telemetry lake from sensor to Athena answer, on the local stage, with proof that nothing was lost.

Every step is a command that a user can type; the demo prints it, runs it and times it. Exits 0 only when all succeed.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from datastreamer.stages import stage_environment

REPOSITORY = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
CLI = str(Path(PYTHON).parent / "datastreamer")

AVERAGE_TODAY = """\
SELECT device_id, AVG(temperature) AS avg_temp
FROM device_telemetry
WHERE year='{year}' AND month='{month}' AND day='{day}'
GROUP BY device_id
ORDER BY avg_temp DESC"""


class StepFailedError(Exception):
    """A step's command ended with an exit code other than 0."""


class Demo:
    """Runs steps one after another on the local stage and remembers how long each took."""

    def __init__(self, environ: Mapping[str, str], console: Console) -> None:
        self._environ = {**environ, **stage_environment("local", environ)}
        self._console = console
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._started

    def step(self, title: str, command: Sequence[str], shown: str) -> None:
        """Run one command with its output on this terminal; raises StepFailedError unless it exits 0."""
        self._console.rule(f"[bold]{title}", align="left")
        self._console.print(f"[dim]$ {shown}[/]", soft_wrap=True)
        begun = time.monotonic()
        code = self._run(command)
        if code:
            raise StepFailedError(f"{title}: exit code {code}. The stage's log: make logs")
        self._console.print(f"[dim]{time.monotonic() - begun:.1f} s[/]\n")

    def _run(self, command: Sequence[str]) -> int:
        with subprocess.Popen(command, cwd=REPOSITORY, env=self._environ) as process:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # It was interrupted as well and ends by itself: sensors send what they have, Terraform saves its state.
                process.wait()
                raise

    def quietly(self, command: Sequence[str]) -> int:
        """Run a command without showing it and return its exit code."""
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self._environ,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ).returncode


def run(demo: Demo, *, readings: int, receipts: Path | None, ledger_file: Path) -> None:
    """All the steps, from provisioning to the audit; raises StepFailedError at the first that fails."""
    today = datetime.now(UTC)
    question = AVERAGE_TODAY.format(year=f"{today:%Y}", month=f"{today:%m}", day=f"{today:%d}")
    seed = str(secrets.randbelow(1_000_000))
    sensors = (
        f"temperature --stage local --devices 100 --rate 0 --count {readings} --seed {seed} --pack 50"
        " --dirty 0.01 --duplicates 0.01 --late 0.02"
    )
    where: list[str] = []
    if receipts:
        sensors += f" --receipt {receipts / f'demo-{seed}.json'}"
        where = ["--receipts", str(receipts)]
    demo.step(
        "2. Terraform provisions the lake",
        [PYTHON, "-m", "scripts.provision", "apply", "local", "--auto-approve"],
        "make apply",
    )
    demo.step(
        f"3. Sensors send {readings:,} readings, some dirty, late or twice",
        [PYTHON, "-m", "sensor", *sensors.split()],
        f"python -m sensor {sensors}",
    )
    for title, words in (
        ("4. Firehose delivers them to raw S3", ["await-delivery", *where]),
        ("5. The Glue job turns them into Parquet", ["etl"]),
        ("6. The crawler catalogues the new partitions", ["crawl"]),
        ("7. An analyst asks Athena", ["query", question, "--head", "10", "--chart"]),
        ("8. The audit: was anything lost?", ["audit", *where, "--ledger", str(ledger_file)]),
    ):
        shown = " ".join(f'"{word}"' if "\n" in word else word for word in words[: 5 if "--chart" in words else 1])
        demo.step(title, [CLI, "telemetry", *words, "--stage", "local"], f"datastreamer telemetry {shown}")


def main() -> int:
    """Run the demo; the exit code is 0 only when every step succeeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", default="telemetry", help="which pipeline to show (telemetry)")
    parser.add_argument("--readings", type=int, default=100_000, help="how many readings to send")
    parser.add_argument("--receipts", type=Path, help="folder for the receipts (receipts)")
    parser.add_argument("--keep", action="store_true", help="leave the local stage running")
    options = parser.parse_args()
    console = Console(highlight=False)
    if options.pipeline != "telemetry":
        console.print(f"[bold red]error:[/] there is no pipeline {options.pipeline!r} to show; there is: telemetry")
        return 2
    demo = Demo(os.environ, console)
    was_up = True
    try:
        was_up = demo.quietly([PYTHON, "-m", "local", "status"]) == 0
        demo.step("1. The local stage starts", [PYTHON, "-m", "local", "up"], "make up")
        with tempfile.TemporaryDirectory() as folder:
            ledger_file = Path(folder) / "ledger.json"
            run(demo, readings=options.readings, receipts=options.receipts, ledger_file=ledger_file)
            ledger = json.loads(ledger_file.read_text(encoding="utf-8"))
    except StepFailedError as error:
        console.print(f"\n[bold red]DEMO FAILED[/] {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\n[bold red]DEMO INTERRUPTED[/]")
        return 130
    finally:
        if not (was_up or options.keep):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl+C would leave the stage running
            if demo.quietly([PYTHON, "-m", "local", "down"]):
                console.print("[bold red]error:[/] the local stage did not stop; stop it with: make down")
    console.print(
        f"[bold green]DEMO OK[/] {ledger['acknowledged']:,} acknowledged = {ledger['curated']:,} curated"
        f" + {ledger['quarantined']:,} quarantined + {ledger['duplicates']:,} duplicates dropped"
        f" ({demo.seconds:.0f} s)",
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
