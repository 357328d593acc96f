"""Timestream on the local stage against plain DuckDB: records taken in, and what a fleet's dashboard asks.

    .venv/bin/python -m benchmarks.timestream [--records 100000] [--rounds 20] [--json]

Starts its own stage on a free port. Each call of 100 multi-measure records of a fleet goes to the stage through boto3,
and to a DuckDB file of this process as one INSERT that keeps the highest version of each key, in turn; then both answer
the same questions in turn. CPU time is that of the stage's process and of this one while DuckDB works: on a busy
machine it says more than the wall.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.event_source_mapping import stage_pid
from benchmarks.process_cpu import cpu_seconds
from benchmarks.writer import local_stage

BATCH = 100
DEVICES, SITES, GATEWAYS, MODELS = 500, 5, 50, 7
MEASURES = ("temperature", "humidity", "battery", "rssi")
HOURS = 5
WHERE = {"DatabaseName": "benchmark", "TableName": "devices"}
QUESTIONS = {
    "bins": (
        """SELECT bin(time, 5m) AS bin, site_id, avg(temperature), max(humidity) FROM "benchmark"."devices"
           WHERE measure_name = 'metrics' AND time > TIMESTAMP '{since}' GROUP BY bin(time, 5m), site_id
           ORDER BY 1, 2""",
        """SELECT time_bucket(INTERVAL '5 minutes', time) AS bin, site_id, avg(temperature), max(humidity) FROM devices
           WHERE measure_name = 'metrics' AND time > TIMESTAMP '{since}' GROUP BY 1, 2 ORDER BY 1, 2""",
    ),
    "latest": (
        """SELECT device_id, max(time), max_by(battery, time) FROM "benchmark"."devices"
           WHERE time > TIMESTAMP '{since}' GROUP BY device_id ORDER BY 1""",
        """SELECT device_id, max(time), arg_max(battery, time) FROM devices
           WHERE time > TIMESTAMP '{since}' GROUP BY 1 ORDER BY 1""",
    ),
    "series": (
        """SELECT time, temperature FROM "benchmark"."devices"
           WHERE device_id = 'device-7' AND time > TIMESTAMP '{since}' ORDER BY time LIMIT 1000""",
        """SELECT time, temperature FROM devices
           WHERE device_id = 'device-7' AND time > TIMESTAMP '{since}' ORDER BY time LIMIT 1000""",
    ),
}
"""Each as Timestream's and as DuckDB's SQL."""

Row = tuple[Any, ...]


def batches(records: int, begin: datetime) -> Iterator[list[Row]]:
    """Rows of a fleet, each device in its turn, spread over ``HOURS``."""
    drawn = random.Random(7)
    step = timedelta(hours=HOURS) / records
    for first in range(0, records, BATCH):
        yield [
            (
                f"device-{number % DEVICES}",
                f"site-{number % SITES}",
                f"gateway-{number % GATEWAYS}",
                f"model-{number % MODELS}",
                "metrics",
                begin + timedelta(milliseconds=int(number * step / timedelta(milliseconds=1))),
                1,
                *(round(drawn.gauss(20, 5), 2) for _ in MEASURES),
            )
            for number in range(first, min(first + BATCH, records))
        ]


class Contestant:
    """What takes rows and answers questions, and the process whose CPU time that costs."""

    def __init__(self, pid: int, write: Callable[[list[Row]], object], ask: Callable[[str], int], dialect: int) -> None:
        self.pid, self.write, self.ask, self.dialect = pid, write, ask, dialect


def stage() -> Contestant:
    """Timestream on the running stage."""
    write: Any = boto3.client("timestream-write")
    query: Any = boto3.client("timestream-query")
    write.create_database(DatabaseName=WHERE["DatabaseName"])
    write.create_table(**WHERE)

    def put(rows: list[Row]) -> None:
        write.write_records(**WHERE, Records=[_record(row) for row in rows])

    def ask(sql: str) -> int:
        answer = query.query(QueryString=sql)
        found = len(answer["Rows"])
        while "NextToken" in answer:
            answer = query.query(QueryString=sql, NextToken=answer["NextToken"])
            found += len(answer["Rows"])
        return found

    return Contestant(stage_pid(), put, ask, 0)


def _record(row: Row) -> dict[str, Any]:
    dimensions = zip(("device_id", "site_id", "gateway_id", "model"), row[:4], strict=True)
    return {
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
        "MeasureName": row[4],
        "MeasureValueType": "MULTI",
        "MeasureValues": [
            {"Name": name, "Value": str(value), "Type": "DOUBLE"} for name, value in zip(MEASURES, row[7:], strict=True)
        ],
        "Time": str(round(row[5].timestamp() * 1000)),
        "Version": row[6],
    }


@contextmanager
def plain() -> Iterator[Contestant]:
    """DuckDB in this process, on a file: a row is on disk when its INSERT returns."""
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(str(Path(folder) / "devices.duckdb"), config={"threads": 2})
        measures = ", ".join(f"{name} DOUBLE" for name in MEASURES)
        connection.execute(
            "CREATE TABLE devices (device_id VARCHAR, site_id VARCHAR, gateway_id VARCHAR, model VARCHAR, "
            f"measure_name VARCHAR, time TIMESTAMP, version BIGINT, {measures}, "
            "PRIMARY KEY (device_id, measure_name, time))"
        )
        updated = ", ".join(f"{name} = excluded.{name}" for name in ("version", *MEASURES))
        marks = f"({', '.join('?' * (7 + len(MEASURES)))})"

        def put(rows: list[Row]) -> None:
            values = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for r in rows for value in r]
            connection.execute(
                f"INSERT INTO devices VALUES {', '.join([marks] * len(rows))} ON CONFLICT DO UPDATE "  # noqa: S608
                f"SET {updated} WHERE excluded.version > devices.version",
                values,
            )

        def ask(sql: str) -> int:
            return len(connection.execute(sql).fetchall())

        yield Contestant(os.getpid(), put, ask, 1)
        connection.close()


def timed(contestant: Contestant, work: Callable[[], object]) -> tuple[float, float, object]:
    """Seconds by wall and of CPU time, and what the work gave."""
    before, started = sum(cpu_seconds(contestant.pid).values()), time.perf_counter()
    found = work()
    wall = time.perf_counter() - started
    return wall, sum(cpu_seconds(contestant.pid).values()) - before, found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of a call and of each question: the median by wall, and the mean of CPU time."""
    begin = datetime.now(UTC) - timedelta(hours=HOURS)
    with local_stage(), plain() as duck:
        contestants = {"stage": stage(), "duckdb": duck}
        taken: dict[str, dict[str, list[tuple[float, float]]]] = {
            kind: {name: [] for name in contestants} for kind in ("write", *QUESTIONS)
        }
        for rows in batches(options.records, begin):
            for name, contestant in contestants.items():
                wall, cpu, _ = timed(contestant, partial(contestant.write, rows))
                taken["write"][name].append((wall, cpu))
        since = begin.strftime("%Y-%m-%d %H:%M:%S")
        for kind, texts in QUESTIONS.items():
            for _ in range(options.rounds):
                found = set()
                for name, contestant in contestants.items():
                    sql = texts[contestant.dialect].format(since=since)
                    wall, cpu, rows_found = timed(contestant, partial(contestant.ask, sql))
                    taken[kind][name].append((wall, cpu))
                    found.add(rows_found)
                assert len(found) == 1, f"{kind}: {found} rows"
    result: dict[str, Any] = {}
    for kind, names in taken.items():
        result[kind] = {
            name: {
                "p50_ms": round(1000 * statistics.median(wall for wall, _ in each), 1),
                "cpu_ms": round(1000 * statistics.fmean(cpu for _, cpu in each), 1),
            }
            for name, each in names.items()
        }
        of_stage, of_duckdb = result[kind]["stage"], result[kind]["duckdb"]
        result[kind]["times"] = round(of_stage["p50_ms"] / of_duckdb["p50_ms"], 2)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    print(f"{options.records:,} records in calls of {BATCH}", file=sys.stderr)
    result = run(options)
    if options.json:
        print(json.dumps(result))
        return
    title = f"ms, p50 by wall (mean of CPU time): a call of {BATCH} records, and questions over {options.records:,}"
    table = Table("", "stage", "DuckDB", "times DuckDB's", title=title)
    for kind, each in result.items():
        cells = (f"{each[name]['p50_ms']} ({each[name]['cpu_ms']})" for name in ("stage", "duckdb"))
        table.add_row(kind, *cells, str(each["times"]))
    Console().print(table)


if __name__ == "__main__":
    main()
