"""The vote on the local stage: how many votes it takes and counts, what it writes for them, how soon others see one.

    .venv/bin/python -m benchmarks.votes [--seconds 15] [--burst 20000] [--screens 500] [--clicks 40] [--json]

Starts its own stage on a free port, with its data in a temporary folder, and applies the pipeline there. ``accepted``:
POST /votes as fast as simulated browsers can. ``aggregated``: a burst that lies on the stream's one shard. Writes are
counted on their way to DynamoDB, in requests and in items; the naive way is one write for each vote. ``screens``: from
before POST /votes until a WebSocket has the update, of all screens and all clicks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
import uuid
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.dynamodb_writes import CountedWrites
from benchmarks.process_cpu import cpu_seconds
from benchmarks.votes_screens import click_to_screen
from benchmarks.votes_stage import REPOSITORY, VoteStage, votes_stage
from datastreamer.sensor.votes.voters import uuid7
from datastreamer.votes.vote import Vote

FLAT_OUT = 100_000.0
LIVE_RATES = (200, 400)
"""Votes a second of people; the fewer, the smaller the batches, and the more writes for each vote."""
NAIVE_VOTES = 1_000
CORES = 2


def accept(stage: VoteStage, rate: float, seconds: float) -> dict[str, float]:
    """Votes a second that were accepted; and as two idle cores would, by the CPU time of stage and voters."""
    receipt = stage.folder / f"receipt-{uuid.uuid4().hex}.json"
    clicks = min(rate, 1_500.0)
    words = f"votes --stage local --voters 200 --rate {clicks} --duration {seconds} --retries 0.1 --quiet"
    pid = _stage_pid()
    stage_before, voters_before = sum(cpu_seconds(pid).values()), os.times()
    subprocess.run(
        [sys.executable, "-m", "datastreamer.sensor", *words.split(), "--receipt", str(receipt)],
        cwd=REPOSITORY,
        check=True,
    )
    used = sum(cpu_seconds(pid).values()) - stage_before
    voters = os.times()
    used += voters.children_user + voters.children_system - voters_before.children_user - voters_before.children_system
    sheet = json.loads(receipt.read_text())
    requests = sheet["accepted_total"] + sheet["sent_again"]
    return {
        "accepted": sheet["accepted_total"],
        "requests_per_second": requests / sheet["seconds"],
        "requests_per_second_on_2_idle_cores": requests / used * CORES,
        "p50_ms": sheet["request_ms"]["p50"],
        "p99_ms": sheet["request_ms"]["p99"],
    }


def aggregate(stage: VoteStage, votes: int, seed: int) -> float:
    """Votes a second that were counted of a burst that was on the stream before counting began."""
    before = stage.totals()
    stage.counting(enabled=False)
    stage.put(_records(stage, votes, seed))
    begun = time.perf_counter()
    stage.counting(enabled=True)
    stage.wait_for(before + votes)
    return votes / (time.perf_counter() - begun)


def writes(stage: VoteStage, burst: int, seconds: float) -> dict[str, dict[str, float]]:
    """Requests and items written for 1,000 votes, by how the votes came, and the naive way."""
    counted = CountedWrites(os.environ["AWS_ENDPOINT_URL"])
    found: dict[str, dict[str, float]] = {}
    try:
        stage.send_writes_by(counted.url)
        aggregate(stage, burst, seed=2)
        found[f"burst of {burst:,}"] = _per_thousand(counted, burst)
        for rate in LIVE_RATES:
            before = stage.totals()
            accepted = accept(stage, rate, seconds)["accepted"]
            stage.wait_for(before + int(accepted))
            found[f"{rate} clicks a second"] = _per_thousand(counted, accepted)
        naive = CountedWrites(os.environ["AWS_ENDPOINT_URL"])
        stage.count_naively(naive.url)
        while stage.counted_naively() < NAIVE_VOTES:
            time.sleep(0.02)
        found["one write for each vote"] = _per_thousand(naive, stage.counted_naively())
        naive.close()
    finally:
        counted.close()
    return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Everything, one after the other."""
    with votes_stage() as stage:
        accept(stage, 100.0, 2.0)  # every function has been started once
        print("accepting", file=sys.stderr)
        accepted = accept(stage, FLAT_OUT, options.seconds)
        print("aggregating", file=sys.stderr)
        aggregated = aggregate(stage, options.burst, seed=1)
        print("screens", file=sys.stderr)
        screens = asyncio.run(click_to_screen(stage.site, options.screens, options.clicks))
        print("writes", file=sys.stderr)
        written = writes(stage, options.burst, options.seconds)
    return {"accepted": accepted, "aggregated_per_second": aggregated, "screens": screens, "writes": written}


def _records(stage: VoteStage, votes: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    now = time.time_ns() // 1_000_000
    candidates = [candidate["id"] for candidate in stage.site["candidates"]]
    return [
        Vote(
            uuid7(now, chance.getrandbits(74)),
            chance.choice(candidates),
            uuid.UUID(int=chance.getrandbits(128), version=4),
            now,
        ).to_record()
        for _ in range(votes)
    ]


def _per_thousand(counted: CountedWrites, votes: float) -> dict[str, float]:
    requests, items = counted.take()
    return {"requests": 1000 * requests / votes, "items": 1000 * items / votes}


def _stage_pid() -> int:
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_aws_stage/health") as answer:
        pid: int = json.load(answer)["pid"]
        return pid


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--burst", type=int, default=20_000)
    parser.add_argument("--screens", type=int, default=500)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result))
        return
    console = Console(highlight=False)
    accepted, screens = result["accepted"], result["screens"]
    console.print(
        f"accepted: {accepted['requests_per_second']:,.0f} requests/s"
        f" ({accepted['requests_per_second_on_2_idle_cores']:,.0f} on {CORES} idle cores),"
        f" p50 {accepted['p50_ms']:.0f} ms, p99 {accepted['p99_ms']:.0f} ms"
    )
    console.print(f"aggregated: {result['aggregated_per_second']:,.0f} votes/s, one shard")
    console.print(
        f"click to screen, {options.screens} screens: p50 {screens['p50_ms']:.0f} ms, p99 {screens['p99_ms']:.0f} ms,"
        f" longest {screens['longest_ms']:.0f} ms"
    )
    table = Table("", "requests", "items", "fewer requests", title="DynamoDB writes for 1,000 votes")
    naive = result["writes"]["one write for each vote"]["requests"]
    for how, one in result["writes"].items():
        table.add_row(how, f"{one['requests']:,.1f}", f"{one['items']:,.1f}", f"{naive / one['requests']:,.0f}x")
    console.print(table)


if __name__ == "__main__":
    main()
