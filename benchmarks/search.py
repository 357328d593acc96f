"""OpenSearch on the local stage: what it takes in, and how fast it answers what a dashboard asks.

    .venv/bin/python -m benchmarks.search [--documents 1000000] [--compared 100000] [--rounds 20] [--json]

Starts its own stage on a free port, and osmem-server, an OpenSearch in memory, beside it. Both get ``--compared``
documents of taxi predictions in bulks of 1,000 and answer the line, the rate and the table of the dashboard in turn;
then the stage alone gets ``--documents``. CPU time is that of the server alone: on a busy machine it says
more than the wall.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import orjson
import urllib3
from osmem_server import OsmemServer
from rich.console import Console
from rich.table import Table

from benchmarks.event_source_mapping import stage_pid
from benchmarks.process_cpu import cpu_seconds
from benchmarks.writer import local_stage

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 28
BULK = 1000
MAPPING = {
    "dynamic": "strict",
    "properties": {
        "@timestamp": {"type": "date"},
        "trip_id": {"type": "keyword"},
        "model_version": {"type": "keyword"},
        "fare_amount": {"type": "double"},
        "predicted_fare": {"type": "double"},
        "residual": {"type": "double"},
        "is_outlier": {"type": "boolean"},
        "pickup_zone": {"type": "short"},
        "dropoff_zone": {"type": "short"},
    },
}
_WEEK = {"range": {"@timestamp": {"gte": "2026-11-08T00:00:00Z", "lt": "2026-11-15T00:00:00Z"}}}
_HOURS = {"field": "@timestamp", "fixed_interval": "3h", "time_zone": "America/New_York", "min_doc_count": 1}
_RATIO = "params.n != null && params.d != null && params.d > 0 ? params.n / params.d : 0"
REQUESTS: dict[str, dict[str, Any]] = {
    "line": {
        "size": 0,
        "query": {"bool": {"filter": [_WEEK]}},
        "aggs": {
            "time": {
                "date_histogram": _HOURS,
                "aggs": {"fare": {"avg": {"field": "fare_amount"}}, "predicted": {"avg": {"field": "predicted_fare"}}},
            }
        },
    },
    "rate": {
        "size": 0,
        "query": {"bool": {"filter": [_WEEK]}},
        "aggs": {
            "time": {
                "date_histogram": _HOURS,
                "aggs": {
                    "n": {"filter": {"term": {"is_outlier": True}}},
                    "d": {"filter": {"match_all": {}}},
                    "rate": {"bucket_script": {"buckets_path": {"n": "n>_count", "d": "d>_count"}, "script": _RATIO}},
                },
            }
        },
    },
    "table": {
        "size": 500,
        "query": {"bool": {"filter": [_WEEK, {"term": {"is_outlier": True}}]}},
        "sort": [{"@timestamp": "desc"}],
    },
}


@dataclass(frozen=True)
class Server:
    """Where a contestant answers; ``pid`` is its process."""

    address: str
    host: str
    pid: int

    def send(self, pool: urllib3.PoolManager, path: str, body: bytes) -> Any:
        """The answer's document."""
        headers = {"content-type": "application/json", "host": self.host}
        method = "PUT" if path.startswith("/_index") else "POST"
        answer = pool.request(method, f"{self.address}{path}", body=body, headers=headers)
        assert answer.status == 200, answer.data[:500]
        return orjson.loads(answer.data)


def bulks(first: int, last: int, documents: int) -> Iterator[bytes]:
    """Bodies of bulk requests, of ``BULK`` documents each, the same at each call.

    They come as a stream brings them, about in the order of their time: all ``documents`` fill the days.
    """
    for start in range(first, last, BULK):
        drawn = random.Random(start)
        lines = []
        for number in range(start, min(start + BULK, last)):
            fare = round(drawn.lognormvariate(2.4, 0.6), 2)
            predicted = round(fare * drawn.gauss(1, 0.05), 2)
            seconds = DAYS * 86_400 * number / documents + drawn.uniform(-600, 600)
            moment = BEGIN + timedelta(seconds=seconds)
            document = {
                "@timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "trip_id": f"trip-{number:08d}",
                "model_version": str(1 + number % 3),
                "fare_amount": fare,
                "predicted_fare": predicted,
                "residual": round(fare - predicted, 2),
                "is_outlier": drawn.random() < 0.01,
                "pickup_zone": drawn.randrange(1, 264),
                "dropoff_zone": drawn.randrange(1, 264),
            }
            lines += [orjson.dumps({"index": {"_index": "trips", "_id": f"id-{number}"}}), orjson.dumps(document)]
        yield b"\n".join(lines) + b"\n"


def fill(server: Server, pool: urllib3.PoolManager, first: int, last: int, documents: int) -> dict[str, float]:
    """Documents per second, by wall and by the server's CPU time on two cores."""
    before, waited = sum(cpu_seconds(server.pid).values()), 0.0
    for body in bulks(first, last, documents):
        started = time.perf_counter()
        assert not server.send(pool, "/_bulk", body)["errors"]
        waited += time.perf_counter() - started
    used = sum(cpu_seconds(server.pid).values()) - before
    return {"documents_per_second": round((last - first) / waited), "on_2_idle_cores": round(2 * (last - first) / used)}


def ask(servers: dict[str, Server], pool: urllib3.PoolManager, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Contestant and request to its times in milliseconds; contestants take turns."""
    taken: dict[str, dict[str, list[float]]] = {name: {kind: [] for kind in REQUESTS} for name in servers}
    answers = {}
    for _ in range(rounds):
        for kind, request in REQUESTS.items():
            for name, server in servers.items():
                started = time.perf_counter()
                answer = server.send(pool, "/trips/_search", orjson.dumps(request))
                taken[name][kind].append(1000 * (time.perf_counter() - started))
                answers[kind, name] = len(answer["hits"]["hits"]), len(answer.get("aggregations", {}))
    assert all(len({answers[kind, name] for name in servers}) == 1 for kind in REQUESTS), answers
    return {
        name: {
            kind: {"p50": round(statistics.median(times), 1), "p95": round(sorted(times)[int(len(times) * 0.95)], 1)}
            for kind, times in kinds.items()
        }
        for name, kinds in taken.items()
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both contestants on the compared documents, then the stage on all."""
    pool = urllib3.PoolManager(retries=False, timeout=600)
    with local_stage():
        client: Any = boto3.client("opensearch")
        policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": "*"}]}
        client.create_domain(DomainName="benchmark", AccessPolicies=json.dumps(policy))
        endpoint = urlsplit(client.describe_domain(DomainName="benchmark")["DomainStatus"]["Endpoint"])
        judge = OsmemServer.start(japanese=False)
        servers = {
            "stage": Server(f"http://127.0.0.1:{endpoint.port}", endpoint.netloc, stage_pid()),
            "osmem-server": Server(judge.url, urlsplit(judge.url).netloc, judge.process.pid),
        }
        template = {"index_patterns": ["trips*"], "template": {"mappings": MAPPING}}
        result: dict[str, Any] = {}
        for name, server in servers.items():
            print(f"{name}: {options.compared:,} documents", file=sys.stderr)
            server.send(pool, "/_index_template/trips", orjson.dumps(template))
            result[name] = fill(server, pool, 0, options.compared, options.compared)
        compared = ask(servers, pool, options.rounds)
        judge.process.terminate()
        judge.process.wait()
        print(f"stage: {options.documents:,} documents", file=sys.stderr)
        stage = {"stage": servers["stage"]}
        servers["stage"].send(pool, "/_aliases", b'{"actions": [{"remove_index": {"index": "trips"}}]}')
        result["all"] = fill(servers["stage"], pool, 0, options.documents, options.documents)
        result["asked"] = ask(stage, pool, options.rounds * 2)["stage"]
    result["compared"] = compared
    result["times_as_fast"] = {
        kind: round(compared["osmem-server"][kind]["p50"] / compared["stage"][kind]["p50"], 1) for kind in REQUESTS
    }
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result))
        return
    console = Console()
    table = Table("", "documents/s", "on 2 idle cores", title=f"taking in, bulks of {BULK:,}")
    for name, label in (("stage", "stage"), ("osmem-server", "osmem-server"), ("all", f"stage, {options.documents:,}")):
        table.add_row(label, *(f"{value:,}" for value in result[name].values()))
    console.print(table)
    title = f"ms a request, p50 (p95): {options.compared:,} documents, and {options.documents:,}"
    table = Table("", "stage", "osmem-server", "times as fast", f"stage, {options.documents:,}", title=title)
    for kind in REQUESTS:
        both = (result["compared"][name][kind] for name in ("stage", "osmem-server"))
        small, peer = (f"{each['p50']} ({each['p95']})" for each in both)
        whole = f"{result['asked'][kind]['p50']} ({result['asked'][kind]['p95']})"
        table.add_row(kind, small, peer, str(result["times_as_fast"][kind]), whole)
    console.print(table)


if __name__ == "__main__":
    main()
