"""Real-time inference, from sensor to prediction, with poison in the stream and the endpoint killed on the way."""

from __future__ import annotations

import json
import secrets
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datastreamer.inference.names import Names
from datastreamer.inference.training import model_uri, next_commands
from datastreamer.provisioning.terraform.workspace import data_directory
from scripts.demo.probes import Probe, summary
from scripts.demo.steps import CLI, PYTHON, REPOSITORY, Demo, StepFailedError

READINGS = 20_000
ACCOUNT = "000000000000"
"""The local stage's."""
RATE = 900
"""Records a second: a shard takes 1,000, and the probes need their share."""
FIRST_RECORD = '{"id": "by-hand", "data": [25.5, 60.0, 1013.25]}'
_PROBE_SECONDS = 0.1
_BEGUN_SECONDS = 60.0
_ENDPOINT_BACK_SECONDS = 60.0


def show(demo: Demo, readings: int, receipts: Path | None, keep: bool) -> str:
    """All the steps, from provisioning to the proof; returns what was proven.

    Raises StepFailedError at the first step that fails.
    """
    run = f"demo-{secrets.token_hex(3)}"
    files = data_directory(demo.environ) / "demo" / run
    files.mkdir(parents=True)
    with _stack(demo, run, files, keep):
        _put_model(demo, run, files)
        killed_at = _stream(demo, run, readings, files, receipts)
        ledger_file = files / "ledger.json"
        labels = " ".join(f"--labels={_shown(files / name)}" for name in ("labels.csv", "probes.csv"))
        audit, shown = _command(f"audit {run} {labels}")
        demo.step(
            "The proof: is every record a prediction once, or parked with its reason?",
            [*audit, "--ledger", str(ledger_file)],
            shown,
        )
        query = f"query-predictions {run}-predictions sensor-001 --limit 5"
        demo.step("An engineer looks at one sensor", *_command(query))
        _status(demo, run)
        ledger = json.loads(ledger_file.read_text(encoding="utf-8"))
        probes = [Probe(**probe) for probe in json.loads((files / "probes.json").read_text(encoding="utf-8"))]
    # What was put just before the kill may have met it.
    undisturbed = killed_at - min(1.0, readings / RATE / 10)
    before = summary([probe for probe in probes if probe.put_at < undisturbed])
    whole = summary(probes)
    return (
        f"{ledger['sent']:,} sent = {ledger['scored']:,} predicted once + {sum(ledger['parked'].values()):,} parked;"
        f" anomalies: precision {ledger['precision']:.1%}, recall {ledger['recall']:.1%};"
        f" put to item: p50 {before['p50_ms']:.0f} ms, p99 {before['p99_ms']:.0f} ms before the kill,"
        f" p50 {whole['p50_ms']:.0f} ms, p99 {whole['p99_ms']:.0f} ms with it"
    )


@contextmanager
def _stack(demo: Demo, run: str, files: Path, keep: bool) -> Iterator[None]:
    deploy, destroy = _tail_of(f"deploy {run} --yes", 16), _tail_of(f"destroy {run} --yes", 6)
    try:
        demo.step("Terraform provisions stream, function, table, buckets and alarms", *deploy)
        yield
    except BaseException:
        if not keep:
            demo.say(f"\nRemoving the stack {run} …")
            demo.quietly(destroy[0])
            shutil.rmtree(files)
        raise
    if keep:
        demo.say(f"The stack {run} is left up, with its files in {_shown(files)}.")
        demo.say(f"To remove it: datastreamer inference destroy {run} --stage local\n")
    else:
        demo.step("Everything is removed again", *destroy)
        shutil.rmtree(files)


def _shown(path: Path) -> str:
    """``path`` as a user in the repository types it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def _command(words: str) -> tuple[list[str], str]:
    """An inference command, and how a user types it."""
    return [CLI, "inference", *words.split(), "--stage", "local"], f"datastreamer inference {words}"


def _tail_of(words: str, lines: int) -> tuple[list[str], str]:
    """The same with its last ``lines`` lines of output alone: Terraform's plan has a thousand."""
    command, shown = _command(words)
    tail = f"tail -n {lines}"
    return ["bash", "-o", "pipefail", "-c", f"{shlex.join(command)} | {tail}"], f"{shown} | {tail}"


def _status(demo: Demo, run: str) -> None:
    """Show the state of every part. The alarm on parked records is meant to ring: there was poison."""
    command, shown = _command(f"status {run}")
    with demo.part("The state of every part"):
        code = demo.code_of(command, shown)
        parts = json.loads(demo.answer([*command, "--json"]))["stacks"][0]["parts"]
        broken = [part["name"] for part in parts if not part["healthy"] and part["name"] != "alarm"]
        if broken:
            raise StepFailedError(f"{shown}: unhealthy: {', '.join(broken)}")
        if code:
            demo.say(f"Exit code {code}: an alarm rings, as poison was parked and somebody should look at it.")


def _put_model(demo: Demo, run: str, files: Path) -> None:
    folder = files / "model"
    train = f"train-example --stack {run} --out {_shown(folder)}"
    demo.step("A model is trained on simulated readings with labelled faults", *_command(train))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    uri = model_uri(Names(run, ACCOUNT).models_bucket, metrics["digest"])
    with demo.part("The model goes behind an endpoint, and a first record is scored"):
        for command in next_commands(uri, metrics["threshold"], run, demo.environ["AWS_DEFAULT_REGION"]):
            demo.run([CLI, *command.split()[1:], "--stage", "local"], command)
        # Lambda starts a function when it is first needed; what follows finds it awake, as a stream in use does.
        put, shown = _command(f"put-record {run}-stream")
        demo.run([*put, FIRST_RECORD], f"{shown} '{FIRST_RECORD}'")


def _stream(demo: Demo, run: str, readings: int, files: Path, receipts: Path | None) -> float:
    """Send, probe, and kill the endpoint in the middle; when it was killed, in seconds since the epoch."""
    seed = secrets.randbelow(1_000_000)
    seconds = readings / RATE
    receipt = (receipts or files) / f"{run}.json"
    sensors = (
        f"inference --stage local --stream {run}-stream --rate {RATE} --count {readings} --seed {seed}"
        f" --anomalies 0.03 --poison 0.01 --labels {_shown(files / 'labels.csv')} --receipt {_shown(receipt)}"
    )
    probing = (
        f"scripts.demo.probes {run} --stage local --probes {int(seconds / _PROBE_SECONDS)}"
        f" --every {_PROBE_SECONDS} --labels {_shown(files / 'probes.csv')} --out {_shown(files / 'probes.json')}"
    )
    pid_file = data_directory(demo.environ) / "work" / "sagemaker" / f"{run}-endpoint" / "AllTraffic.pid"
    with demo.part(f"{readings:,} records are sent; the endpoint is killed on the way"):
        with (
            demo.beside(
                [PYTHON, "-m", "datastreamer.sensor", *sensors.split()], f"python -m datastreamer.sensor {sensors}"
            ),
            demo.beside([PYTHON, "-m", *probing.split()], f"python -m {probing}"),
        ):
            _wait_for_half(files / "labels.csv", readings, seconds)
            before, killed_at = _pid(pid_file), time.time()
            demo.say(f"[bold red]Now the endpoint is killed:[/] process {before}")
            demo.run(["kill", "-9", str(before)], f"kill -9 $(cat {_shown(pid_file)})")
        demo.say(f"The endpoint was served by process {before}, and is now by {_pid_after(pid_file, before)}.")
    return killed_at


def _wait_for_half(labels: Path, readings: int, seconds: float) -> None:
    """Return once half of the records are under way, each of which has its label first."""
    deadline = time.monotonic() + seconds + _BEGUN_SECONDS
    while not labels.exists() or labels.read_bytes().count(b"\n") <= readings / 2:
        if time.monotonic() > deadline:
            raise StepFailedError(f"the sensors do not send: {labels} has too few labels")
        time.sleep(0.1)


def _pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError) as error:
        raise StepFailedError(f"there is no server process to kill: {pid_file} holds no process id") from error


def _pid_after(pid_file: Path, before: int) -> int:
    deadline = time.monotonic() + _ENDPOINT_BACK_SECONDS
    while time.monotonic() < deadline:
        words = pid_file.read_text(encoding="ascii").split() if pid_file.exists() else []
        if words and int(words[0]) != before:
            return int(words[0])
        time.sleep(0.1)
    raise StepFailedError(f"the endpoint was not started again: {pid_file} names no other process")
