"""The time from put to item, measured from outside by probes: ``python -m scripts.demo.probes my-stack``.

A probe is a record like any other, with an id of its own. Its clock starts before PutRecord is called and stops when
a consistent Query of that id answers with the item, so the calls themselves are part of the time. Probes go out at an
even pace whatever became of earlier ones, so a stall delays all that were put meanwhile and is not measured once only.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.config import Config

from datastreamer.events.labels import NORMAL, Label, LabelFile
from datastreamer.inference.audit.account import percentile
from datastreamer.inference.names import Names
from datastreamer.stages import enter_stage
from scripts.commands import new_app, run

HEALTHY = (21.5, 51.0, 1008.0)
_POLL_SECONDS = 0.01
_GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True)
class Probe:
    """``put_at``: seconds since the epoch. ``seconds``: from put to item, or None when the item never came."""

    put_at: float
    seconds: float | None


class Prober:
    """Sends probes to ``stream`` and waits for them in ``table``; clients are boto3's and thread-safe."""

    def __init__(self, kinesis: Any, dynamodb: Any, stream: str, table: str) -> None:
        self._kinesis = kinesis
        self._dynamodb = dynamodb
        self._stream = stream
        self._table = table
        self._tag = secrets.token_hex(6)
        self._lock = threading.Lock()
        self._probes: list[Probe] = []
        self._threads: list[threading.Thread] = []

    def send(self) -> Label:
        """Send one probe and watch for it beside what follows; returns its label."""
        number = len(self._threads)
        label = Label(f"{self._tag}-{number:03d}-{0:010d}", f"probe-{self._tag}-{number}", NORMAL, "")
        thread = threading.Thread(target=self._watch, args=(label,), daemon=True)
        self._threads.append(thread)
        thread.start()
        return label

    def results(self) -> list[Probe]:
        """Every probe, in the order of sending, once each has come or was given up."""
        for thread in self._threads:
            thread.join()
        return sorted(self._probes, key=lambda probe: probe.put_at)

    def _watch(self, label: Label) -> None:
        record = {
            "id": label.device,
            "data": HEALTHY,
            "event_id": label.event_id,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        put_at, begun = time.time(), time.monotonic()
        seconds = None
        try:
            self._kinesis.put_record(
                StreamName=self._stream, Data=json.dumps(record).encode(), PartitionKey=label.device
            )
            while time.monotonic() - begun < _GIVE_UP_SECONDS and not self._is_there(label.device):
                time.sleep(_POLL_SECONDS)
            elapsed = time.monotonic() - begun
            seconds = elapsed if elapsed < _GIVE_UP_SECONDS else None
        finally:
            with self._lock:
                self._probes.append(Probe(put_at, seconds))

    def _is_there(self, identifier: str) -> bool:
        answer = self._dynamodb.query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :id",
            ExpressionAttributeValues={":id": {"S": identifier}},
            ProjectionExpression="pk",
        )
        return bool(answer["Count"])


def summary(probes: Sequence[Probe]) -> dict[str, Any]:
    """``p50_ms``, ``p99_ms``, ``slowest_ms`` of the probes that came; ``probes`` that were sent and ``lost``."""
    came = [probe.seconds * 1000.0 for probe in probes if probe.seconds is not None]
    return {
        "probes": len(probes),
        "lost": len(probes) - len(came),
        "p50_ms": percentile(came, 50),
        "p99_ms": percentile(came, 99),
        "slowest_ms": max(came, default=float("nan")),
    }


def prober_of(stack: str) -> Prober:
    """A prober of ``stack``, in the account and at the endpoint that the environment leads to."""
    names = Names(stack, boto3.client("sts").get_caller_identity()["Account"])
    config = Config(max_pool_connections=32)
    return Prober(
        boto3.client("kinesis", config=config), boto3.client("dynamodb", config=config), names.stream, names.table
    )


app = new_app((__doc__ or "").splitlines()[0])


@app.command()
def probe(
    stack: Annotated[str, typer.Argument(help="The stack to probe.")],
    stage: Annotated[
        str | None, typer.Option(help="Stage to enter, such as local; otherwise the environment says where AWS is.")
    ] = None,
    probes: Annotated[int, typer.Option(help="How many.")] = 200,
    every: Annotated[float, typer.Option(help="Seconds between two.")] = 0.1,
    labels: Annotated[Path | None, typer.Option(help="File for the probes' labels, for the audit.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write every probe to this file as JSON.")] = None,
) -> None:
    """Probe and print the percentiles; exits 1 when a probe never came."""
    if stage:
        enter_stage(stage, os.environ)
    prober = prober_of(stack)
    with LabelFile(labels) if labels else nullcontext() as file:
        begun = time.monotonic()
        for number in range(probes):
            time.sleep(max(0.0, begun + number * every - time.monotonic()))
            label = prober.send()
            if file:
                file.add([label])
        results = prober.results()
    if out:
        out.write_text(json.dumps([vars(each) for each in results]) + "\n", encoding="utf-8")
    found = summary(results)
    typer.echo(
        f"put to item, {found['probes']:,} probes: p50 {found['p50_ms']:,.0f} ms, p99 {found['p99_ms']:,.0f} ms, "
        f"slowest {found['slowest_ms']:,.0f} ms, {found['lost']:,} lost"
    )
    if found["lost"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(run(app, sys.argv[1:], "probes"))
