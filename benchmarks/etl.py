"""ETL throughput: a dirty day through our job, through Spark as it comes and through DuckDB, side by side in one run.

    .venv/bin/python -m benchmarks.etl [--lines 5000000] [--objects 50] [--rounds 1] [--json]

0.2 % of the lines are broken, 1 % are duplicates, 0.5 % have unknown fields. Starts its own stage on a free port; our
job and Spark read and write its S3, whose own CPU time is not counted; DuckDB has local files, which favours it. CPU
time is that of the process and all its children, from start to end. Wall time is that of the work alone, without the
start of Java, and on a busy machine says little: "on 2 idle cores" is what the CPU time allows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.etl_lake import BUCKET, DAY, Cost, day_of_objects, fill, make_bucket, measured
from benchmarks.writer import local_stage


def run(lines: int, objects: int, rounds: int) -> dict[str, Any]:
    """All contestants in turn, ``rounds`` times; medians."""
    costs: dict[str, list[Cost]] = {"ours": [], "spark": [], "duckdb": []}
    with local_stage(), tempfile.TemporaryDirectory(prefix="datastreamer-raw-") as folder:
        make_bucket()
        print(f"simulating {lines:,} lines", file=sys.stderr)
        stored = fill("raw/", day_of_objects(lines, objects, DAY, seed=1), Path(folder))
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            target = f"s3://{BUCKET}/round-{number}"
            costs["ours"].append(measured("ours", raw=f"s3://{BUCKET}/raw/", target=f"{target}/ours/"))
            costs["spark"].append(measured("spark", raw=f"s3://{BUCKET}/raw/", target=f"{target}/spark/"))
            costs["duckdb"].append(measured("duckdb", files=folder))
    result: dict[str, Any] = {"lines": lines, "objects": objects, "raw_bytes": stored}
    for name, found in costs.items():
        wall, cpu = (statistics.median(getattr(cost, kind) for cost in found) for kind in ("wall", "cpu"))
        result[name] = {
            "wall_seconds": round(wall, 2),
            "cpu_seconds": round(cpu, 2),
            "rows_per_second": round(lines / wall),
            "rows_per_second_on_2_idle_cores": round(lines / cpu * 2),
            "curated": found[0].answer["curated"],
            "quarantined": found[0].answer["quarantined"],
        }
    result["times_as_fast_as_spark_defaults"] = round(
        result["spark"]["wall_seconds"] / result["ours"]["wall_seconds"], 2
    )
    result["cpu_ratio_to_spark_defaults"] = round(result["spark"]["cpu_seconds"] / result["ours"]["cpu_seconds"], 2)
    result["times_the_cpu_of_duckdb"] = round(result["ours"]["cpu_seconds"] / result["duckdb"]["cpu_seconds"], 2)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--objects", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options.lines, options.objects, options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    names = (
        "wall_seconds",
        "cpu_seconds",
        "rows_per_second",
        "rows_per_second_on_2_idle_cores",
        "curated",
        "quarantined",
    )
    table = Table(
        "", *(name.replace("_", " ") for name in names), title=f"{options.lines:,} lines, {options.objects} objects"
    )
    for contestant in ("ours", "spark", "duckdb"):
        table.add_row(contestant, *(f"{result[contestant][name]:,}" for name in names))
    console = Console()
    console.print(table)
    for name in ("times_as_fast_as_spark_defaults", "cpu_ratio_to_spark_defaults", "times_the_cpu_of_duckdb"):
        console.print(f"{name.replace('_', ' ')}: {result[name]}")


if __name__ == "__main__":
    main()
