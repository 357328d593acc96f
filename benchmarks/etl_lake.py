"""What the ETL benchmarks share: simulated raw days in S3, and CPU time of processes with their children."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from benchmarks.process_cpu import cpu_seconds
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.simulation import TemperatureSimulation

BUCKET = "benchmark"
DAY = datetime(2025, 10, 15, tzinfo=UTC)
DEVICES = 1_000
_BLOCK = 8_192


@dataclass(frozen=True)
class Cost:
    """``wall`` and ``cpu`` in seconds, of a process with all its descendants; ``answer``: what it printed last."""

    wall: float
    cpu: float
    answer: dict[str, Any]


def day_of_objects(
    lines: int, objects: int, day: datetime, seed: int, *, dirty: float = 0.002, duplicates: float = 0.01
) -> list[tuple[str, bytes]]:
    """One day's raw objects: names below the raw prefix, and gzip bodies."""
    options = SimulationOptions(
        devices=DEVICES,
        seed=seed,
        start=day,
        interval=86_400 * DEVICES / (lines * 1.03),
        dirty=dirty,
        duplicates=duplicates,
    )
    simulation = TemperatureSimulation(options)
    found = []
    for number in range(objects):
        left = lines // objects
        texts = []
        while left:
            block = simulation.take(min(_BLOCK, left))
            texts.append(block.data)
            left -= block.plan.lines
        moment = day + timedelta(days=number / objects)
        found.append((f"{moment:%Y/%m/%d/%H}/{number:04d}.gz", gzip.compress(b"".join(texts), 6)))
    return found


def fill(prefix: str, objects: list[tuple[str, bytes]], folder: Path | None = None) -> int:
    """Put the objects below ``prefix``, and as files into ``folder``; returns their bytes."""
    s3 = boto3.client("s3")
    for name, body in objects:
        s3.put_object(Bucket=BUCKET, Key=prefix + name, Body=body)
        if folder is not None:
            (folder / name.replace("/", "-")).write_bytes(body)
    return sum(len(body) for _, body in objects)


def make_bucket() -> None:
    """The benchmark's bucket on the stage that the environment names."""
    region: Any = os.environ["AWS_DEFAULT_REGION"]
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})


def measured(contestant: str, **arguments: Any) -> Cost:
    """Run ``benchmarks.etl_contestants`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.etl_contestants", contestant, json.dumps(arguments)]
    begun = time.perf_counter()
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    used: dict[int, float] = {}
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.1):
            used.update(cpu_seconds(process.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    out, error = process.communicate()
    done.set()
    sampler.join()
    if process.returncode:
        raise SystemExit(f"{contestant} failed:\n{error[-3000:]}")
    answer = json.loads(out.strip().splitlines()[-1])
    return Cost(answer.get("seconds", time.perf_counter() - begun), sum(used.values()), answer)
