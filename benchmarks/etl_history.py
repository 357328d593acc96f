"""What history costs: the same new readings into an empty lake's successor and into one with 100 times the history.

    .venv/bin/python -m benchmarks.etl_history [--lines 200000] [--times 100] [--rounds 3] [--json]

Two lakes: one holds ``--lines`` curated readings (one day), the other ``--times`` as many, a day each, with manifests,
index and data files as the job leaves them; the history is written directly, since running the job a hundred times
shows nothing more. Then each gets the same new objects (1 % copies within, 1 % copies of the last day) and one run,
rounds alternating, each in a process of its own. Starts its own stage on a free port.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import statistics
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.etl_lake import BUCKET, DAY, Cost, day_of_objects, make_bucket, measured
from benchmarks.writer import local_stage
from datastreamer.telemetry.job.id_index import segments_to_merge
from datastreamer.telemetry.manifest import COMMITTED, IndexSegment, Manifest, ObjectCounts, manifest_key
from datastreamer.telemetry.schema import partition_path


def grow(lake: str, days: int, lines: int) -> None:
    """Give ``lake`` a history of ``days`` days up to ``DAY``; the last of them through the job itself."""
    s3 = boto3.client("s3")
    index: list[tuple[IndexSegment, list[datetime]]] = []
    for number in range(1, days):
        day = DAY - timedelta(days=days - number + 1)
        key = f"{lake}raw/{day:%Y/%m/%d/00}/history.gz"
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(b""))
        ids = pa.array([f"{number}-{line:08x}" for line in range(lines)])
        put(f"{lake}curated/{partition_path(f'{day:%Y-%m-%d}')}history.parquet", pa.table({"event_id": ids}))
        merged = segments_to_merge([segment for segment, _ in index], lines)
        held = [day, *(held for segment, held_days in index if segment in merged for held in held_days)]
        segment = IndexSegment(f"s3://{BUCKET}/{lake}state/index/history-{number}/", lines * len(held))
        index = [*((other, held) for other, held in index if other not in merged), (segment, held)]
        manifest = Manifest(
            sequence=number,
            run_id="history",
            outcome=COMMITTED,
            parent=number - 1,
            started_at=day.isoformat(),
            ended_at=day.isoformat(),
            watermark=f"{day:%Y/%m/%d/00}",
            full_listing_at=datetime.now(UTC).isoformat(),
            objects=(ObjectCounts(f"s3://{BUCKET}/{key}", "", 1, day.isoformat(), lines, lines, 0, {}),),
            index=[segment for segment, _ in index],
            curated_by_day={f"{day:%Y-%m-%d}": lines},
        )
        s3.put_object(Bucket=BUCKET, Key=f"{lake}state/{manifest_key(number)}", Body=manifest.to_json())
        s3.put_object(Bucket=BUCKET, Key=f"{lake}state/plans/{number:012d}.json", Body=b'{"run_id": "history"}')
    random = np.random.default_rng(days)
    for segment, held in index:
        hashes = random.integers(-(2**63), 2**63 - 1, segment.rows)
        dates = pa.array(np.repeat(np.array([day.date() for day in held], "datetime64[D]"), lines))
        prefix = segment.uri.removeprefix(f"s3://{BUCKET}/")
        put(f"{prefix}part.parquet", pa.table({"hash": hashes, "day": dates}))
    name, body = yesterday(lines)
    s3.put_object(Bucket=BUCKET, Key=f"{lake}raw/{name}", Body=body)
    measured("ours", raw=f"s3://{BUCKET}/{lake}raw/", target=f"s3://{BUCKET}/{lake}")


def yesterday(lines: int) -> tuple[str, bytes]:
    """The raw object of the last day of every history."""
    return day_of_objects(lines, 1, DAY - timedelta(days=1), seed=2, dirty=0, duplicates=0)[0]


def put(key: str, table: pa.Table) -> None:
    """Write ``table`` as a Parquet object."""
    body = io.BytesIO()
    pq.write_table(table, body)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.getvalue())


def run(lines: int, times: int, rounds: int) -> dict[str, Any]:
    """Wall and CPU seconds of a run into each lake, and their ratio."""
    costs: dict[str, list[Cost]] = {"short": [], "long": []}
    with local_stage():
        make_bucket()
        for name, days in (("short", 1), ("long", times)):
            print(f"making {days} days of history", file=sys.stderr)
            grow(f"{name}/", days, lines)
        copies = b"".join(gzip.decompress(yesterday(lines)[1]).splitlines(keepends=True)[: lines // 100])
        s3 = boto3.client("s3")
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            day = DAY + timedelta(hours=number)
            new = [*day_of_objects(lines, 8, day, seed=10 + number), ("copies.gz", gzip.compress(copies))]
            for name, found in costs.items():
                for at, (_, body) in enumerate(new):
                    s3.put_object(Bucket=BUCKET, Key=f"{name}/raw/{day:%Y/%m/%d/%H}/{number}-{at}.gz", Body=body)
                lake = f"s3://{BUCKET}/{name}/"
                found.append(measured("ours", raw=f"{lake}raw/", target=lake))
    answers = {name: [cost.answer["curated"] for cost in found] for name, found in costs.items()}
    assert answers["short"] == answers["long"], answers
    result: dict[str, Any] = {"new_lines": lines, "history_lines": {"short": lines, "long": lines * times}}
    for kind in ("wall", "cpu"):
        median = {name: statistics.median(getattr(cost, kind) for cost in found) for name, found in costs.items()}
        result[f"{kind}_seconds"] = {name: round(value, 2) for name, value in median.items()}
        result[f"{kind}_ratio"] = round(median["long"] / median["short"], 2)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options.lines, options.times, options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['new_lines']:,} new lines after {options.lines:,} or {options.lines * options.times:,} curated")
    for kind in ("wall", "cpu"):
        seconds = result[f"{kind}_seconds"]
        print(f"{kind}: {seconds['short']} s, {seconds['long']} s: {result[f'{kind}_ratio']} times")


if __name__ == "__main__":
    main()
