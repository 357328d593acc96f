"""Writer throughput: our writer against one PutRecord per reading, on one local stage, side by side in one run.

    .venv/bin/python -m benchmarks.writer [--json]

Starts its own stage on a free port, with its data in a temporary folder. Rounds alternate between the two ways, and
the medians are compared, since the machine may be busy. Also measures simulating, encoding and packing alone, in CPU
time of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from datastreamer.sensor.kinesis.connection import connect
from datastreamer.sensor.kinesis.record import Acknowledged
from datastreamer.sensor.kinesis.writer import KinesisWriter
from datastreamer.sensor.packing import Packer
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.simulation import TemperatureSimulation

REPOSITORY = Path(__file__).resolve().parent.parent
REGION = "ap-northeast-1"
BLOCK = 8_192
PACK = 50


def simulation(seed: int) -> TemperatureSimulation:
    """100 devices with the demo's share of trouble."""
    return TemperatureSimulation(
        SimulationOptions(
            devices=100,
            seed=seed,
            start=datetime(2025, 10, 15, tzinfo=UTC),
            interval=1.0,
            dirty=0.01,
            duplicates=0.01,
            late=0.02,
        )
    )


@contextmanager
def local_stage() -> Iterator[None]:
    """A stage of its own; the AWS variables of this process point to it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="datastreamer-benchmark-") as folder:
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://localhost:{port}",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
        }
        environment = {
            **os.environ,
            "AWS_STAGE_PORT": str(port),
            "AWS_STAGE_DATA_DIR": folder,
        }
        with (Path(folder) / "stage.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "aws_stage", "serve"],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_for(f"http://localhost:{port}/_aws_stage/health", process, Path(folder) / "stage.log")
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when ``url`` answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the stage did not start:\n{log.read_text()[-3000:]}")


def one_put_record_each(stream: str, seconds: float) -> float:
    """Readings a second with boto3's ``put_record`` for each; simulating them is not counted."""
    block = simulation(1).take(BLOCK)
    devices = [block.names[device] for device in block.plan.device.tolist()]
    client = boto3.client("kinesis")
    begun, sent = time.perf_counter(), 0
    for device, line in zip(devices, block.lines, strict=True):
        client.put_record(StreamName=stream, Data=line, PartitionKey=device)
        sent += 1
        if time.perf_counter() - begun > seconds:
            break
    return sent / (time.perf_counter() - begun)


def our_writer(stream: str, readings: int, pack: int) -> float:
    """Readings a second from the first simulated to the last acknowledged."""
    acknowledged = 0

    def count(batch: Sequence[Acknowledged]) -> None:
        nonlocal acknowledged
        acknowledged += sum(item.record.lines for item in batch)

    source, packer = simulation(2), Packer(pack)
    connection = connect(stream, REGION, 4)
    writer = KinesisWriter(connection.client, stream, count, endpoint=connection.endpoint)
    begun, left = time.perf_counter(), readings
    while left:
        block = source.take(min(BLOCK, left))
        left -= block.plan.lines
        writer.put([record for lines in block.by_device() for record in packer.add(lines)])
    writer.put(packer.flush())
    writer.close()
    elapsed = time.perf_counter() - begun
    assert acknowledged == readings
    return readings / elapsed


def simulation_alone(readings: int, pack: int) -> float:
    """Readings simulated, encoded and packed in a second of one core's time."""
    source, packer = simulation(3), Packer(pack)
    begun, left = time.process_time(), readings
    while left:
        block = source.take(min(BLOCK, left))
        left -= block.plan.lines
        for lines in block.by_device():
            packer.add(lines)
    packer.flush()
    return readings / (time.process_time() - begun)


def measure(rounds: int) -> dict[str, Any]:
    """All figures in readings a second; ``rounds`` of each."""
    alone = [simulation_alone(400_000, PACK) for _ in range(rounds)]
    naive, packed, single = [], [], []
    with local_stage():
        stream = "writer-benchmark"
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName=stream, ShardCount=4)
        kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
        one_put_record_each(stream, 0.3)
        for _ in range(rounds):
            naive.append(one_put_record_each(stream, 2.0))
            packed.append(our_writer(stream, 300_000, PACK))
            single.append(our_writer(stream, 15_000, 1))
    return {
        "put_record_readings_per_s": statistics.median(naive),
        "writer_readings_per_s": statistics.median(packed),
        "writer_unpacked_readings_per_s": statistics.median(single),
        "ratio": statistics.median(packed) / statistics.median(naive),
        "ratio_of_each_round": [ours / theirs for ours, theirs in zip(packed, naive, strict=True)],
        "simulation_readings_per_core_s": statistics.median(alone),
        "pack": PACK,
        "rounds": rounds,
    }


def main() -> None:
    """Print the figures as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each way (default: 3)")
    arguments = parser.parse_args()
    figures = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    table = Table("", "readings/s", "against put_record", "wanted")
    naive = figures["put_record_readings_per_s"]
    rows = [
        ("boto3 put_record, one reading each", naive, ""),
        ("our writer, --pack 1", figures["writer_unpacked_readings_per_s"], ""),
        (f"our writer, --pack {PACK}", figures["writer_readings_per_s"], "100x"),
    ]
    for name, value, wanted in rows:
        table.add_row(name, f"{value:,.0f}", f"{value / naive:,.1f}x", wanted)
    alone = figures["simulation_readings_per_core_s"]
    table.add_row("simulate, encode and pack alone (one core)", f"{alone:,.0f}", "", "300,000/s")
    Console().print(table)


if __name__ == "__main__":
    main()
