"""The time from put to item at 500 records/s, against an idle stream and the bare calls, side by side in one run.

    .venv/bin/python -m benchmarks.inference_latency [--rate 500] [--seconds 20] [--rounds 3] [--json]

Starts its own stage on a free port, with its data in a temporary folder, and deploys a stack there. Rounds alternate
between a stream with nothing but probes and one with ``--rate`` records a second, as the machine may be busy. A
probe's clock starts before PutRecord and stops when a consistent Query answers with the item (docs/adr/0161). The bare
calls are PutRecord, InvokeEndpoint, PutItem and GetItem one after the other by one client: a floor for any pipeline.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from benchmarks.inference_stage import REPOSITORY, inference_stage
from datastreamer.inference.names import Names
from scripts.demo.probes import HEALTHY, Probe, prober_of, summary

PROBE_EVERY_S = 0.05
WARM_UP_PROBES = 20
BARE_CALLS = 200


def probe(names: Names, seconds: float) -> list[Probe]:
    """Probes at an even pace for ``seconds``."""
    prober = prober_of(names.stack)
    begun = time.monotonic()
    for number in range(int(seconds / PROBE_EVERY_S)):
        time.sleep(max(0.0, begun + number * PROBE_EVERY_S - time.monotonic()))
        prober.send()
    return prober.results()


def probe_under_load(names: Names, rate: float, seconds: float) -> list[Probe]:
    """The same while a sensor run of its own process sends, so that the probes and it are ``rate`` records a second."""
    records = int((rate - 1.0 / PROBE_EVERY_S) * (seconds + 2.0))
    words = (
        f"datastreamer.sensor inference --stage local --stream {names.stream} --rate {rate - 1.0 / PROBE_EVERY_S}"
        f" --count {records} --poison 0.01 --quiet"
    )
    with TemporaryDirectory() as folder:
        sensors = subprocess.Popen(
            [sys.executable, "-m", *words.split(), "--receipt", str(Path(folder) / "receipt.json")], cwd=REPOSITORY
        )
        time.sleep(2.0)
        probes = probe(names, seconds)
        assert sensors.wait() == 0
    return probes


def bare_calls(names: Names) -> list[Probe]:
    """Put, score, store and read by hand, one record after the other."""
    kinesis, runtime, dynamodb = boto3.client("kinesis"), boto3.client("sagemaker-runtime"), boto3.client("dynamodb")
    row = ",".join(map(str, HEALTHY)).encode()
    took = []
    for number in range(BARE_CALLS):
        key = {"pk": {"S": f"bare-{number}"}, "sk": {"S": "0"}}
        put_at, begun = time.time(), time.monotonic()
        kinesis.put_record(StreamName=names.stream, Data=row, PartitionKey="bare")
        score = runtime.invoke_endpoint(EndpointName=names.endpoint, ContentType="text/csv", Body=row)["Body"].read()
        dynamodb.put_item(TableName=names.table, Item={**key, "score": {"N": score.decode().strip()}})
        assert "Item" in dynamodb.get_item(TableName=names.table, Key=key, ConsistentRead=True)
        took.append(Probe(put_at, time.monotonic() - begun))
    return took


def run(rate: float, seconds: float, rounds: int) -> dict[str, Any]:
    """The summaries of the three, each over all rounds."""
    idle: list[Probe] = []
    loaded: list[Probe] = []
    with inference_stage() as names:
        prober = prober_of(names.stack)
        for _ in range(WARM_UP_PROBES):
            prober.send()
        assert summary(prober.results())["lost"] == 0
        bare = bare_calls(names)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            idle += probe(names, seconds)
            loaded += probe_under_load(names, rate, seconds)
    return {"rate": rate, "bare": summary(bare), "idle": summary(idle), "loaded": summary(loaded)}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; returns 0, or 1 when a probe was lost."""
    parser = argparse.ArgumentParser(prog="inference_latency", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=float, default=500.0, help="records a second, the probes included")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each half of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = run(options.rate, options.seconds, options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        table = Table("put to item", "probes", "p50 ms", "p99 ms", "slowest ms", "p50 to idle")
        for name, label in (
            ("bare", "bare calls, one by one"),
            ("idle", "idle stream"),
            ("loaded", f"{options.rate:g} records/s"),
        ):
            one = found[name]
            ratio = one["p50_ms"] / found["idle"]["p50_ms"]
            table.add_row(
                label,
                f"{one['probes']:,}",
                *(f"{one[key]:,.0f}" for key in ("p50_ms", "p99_ms", "slowest_ms")),
                f"{ratio:.2f}x",
            )
        Console().print(table)
    return 1 if found["idle"]["lost"] or found["loaded"]["lost"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
