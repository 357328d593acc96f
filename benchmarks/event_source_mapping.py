"""Event source mapping: a burst drained by a function that does nothing, in batches and one record an invocation.

    .venv/bin/python -m benchmarks.event_source_mapping [--records 50000] [--naive 2000] [--shards 4] [--batch 500]
        [--rounds 3] [--json]

Starts its own stage on a free port. The burst lies in the stream when the mapping is enabled; the clock runs from there
until the last invocation has ended, as the function's own notes tell. The naive mapping is the same with BatchSize 1,
on fewer records. CPU time is that of the stage and its functions: "on 2 idle cores" is what it allows, which on a busy
machine says more than the wall.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from benchmarks.process_cpu import cpu_seconds
from benchmarks.writer import local_stage

CODE = """
import os, time

def handler(event, context):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(f"{len(event['Records'])} {time.time()}\\n")
"""


def drain(stream: str, name: str, records: int, batch: int, folder: Path) -> dict[str, float]:
    """Enable a new mapping with everything before it; records/s and how many invocations it took."""
    notes = folder / name
    aws: Any = boto3.client("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("handler.py", CODE)
    aws.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="handler.handler",
        Role="arn:aws:iam::000000000000:role/benchmark",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"NOTES": str(notes)}},
    )
    for _ in range(4):  # so that no cold start is measured
        aws.invoke(FunctionName=name, Payload=b'{"Records": []}')
    notes.write_text("")
    arn = boto3.client("kinesis").describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    stage = stage_pid()
    before = sum(cpu_seconds(stage).values())
    started = time.time()
    uuid = aws.create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=batch
    )["UUID"]
    while True:
        lines = [line.split() for line in notes.read_text().splitlines() if line.count(" ") == 1]
        if sum(int(count) for count, _ in lines) >= records:
            break
        time.sleep(0.02)
    ended = max(float(moment) for _, moment in lines)
    used = sum(cpu_seconds(stage).values()) - before
    while aws.get_event_source_mapping(UUID=uuid)["State"] != "Enabled":
        time.sleep(0.02)
    aws.delete_event_source_mapping(UUID=uuid)
    return {
        "records_per_second": round(records / (ended - started)),
        "records_per_second_on_2_idle_cores": round(records / used * 2),
        "invocations": len(lines),
    }


def stage_pid() -> int:
    """The process of the stage that this process's AWS variables point to."""
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_aws_stage/health") as answer:
        pid: int = json.load(answer)["pid"]
        return pid


def fill(stream: str, records: int, shards: int) -> None:
    """A stream with ``records`` readings of some 60 bytes, each of a device of its own."""
    kinesis: Any = boto3.client("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=shards)
    for first in range(0, records, 500):
        batch = [
            {
                "Data": json.dumps({"id": f"sensor-{number:06d}", "data": [25.5, 60.0, 1013.25]}).encode(),
                "PartitionKey": f"sensor-{number:06d}",
            }
            for number in range(first, min(first + 500, records))
        ]
        kinesis.put_records(StreamName=stream, Records=batch)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both contestants in turn, ``rounds`` times; medians."""
    found: dict[str, list[dict[str, float]]] = {"batches": [], "one_by_one": []}
    with local_stage(), tempfile.TemporaryDirectory(prefix="datastreamer-esm-") as folder:
        fill("burst", options.records, options.shards)
        fill("trickle", options.naive, options.shards)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            path = Path(folder)
            found["batches"].append(drain("burst", f"batches-{number}", options.records, options.batch, path))
            found["one_by_one"].append(drain("trickle", f"one-{number}", options.naive, 1, path))
    result: dict[str, Any] = {
        name: {kind: statistics.median(each[kind] for each in rounds) for kind in rounds[0]}
        for name, rounds in found.items()
    }
    result["times_as_fast"] = round(
        result["batches"]["records_per_second"] / result["one_by_one"]["records_per_second"], 1
    )
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--naive", type=int, default=2_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result))
        return
    title = f"{options.records:,} records, {options.shards} shards"
    table = Table("", "records/s", "on 2 idle cores", "invocations", title=title)
    for name in ("batches", "one_by_one"):
        table.add_row(name.replace("_", " "), *(f"{value:,.0f}" for value in result[name].values()))
    console = Console()
    console.print(table)
    console.print(f"times as fast as one record an invocation: {result['times_as_fast']}")


if __name__ == "__main__":
    main()
