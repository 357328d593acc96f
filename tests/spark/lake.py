"""A lake to test the job on, and what the job should make of it: the contract applied line by line in plain Python."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pyarrow.parquet as pq

from datastreamer.aws.s3_location import S3Location
from datastreamer.events.reading import (
    CONFLICTING_EVENT_ID,
    CRASHED_THE_READER,
    TRUNCATED_LINE,
    format_timestamp,
    parse_reading,
    reject_reason,
)
from datastreamer.sensor.temperature.dirt import DIRT
from datastreamer.telemetry.job.config import Config
from datastreamer.telemetry.manifest import Manifest, list_manifests

Row = dict[str, Any]

DAY = datetime(2025, 10, 15, tzinfo=UTC)


@dataclass
class Lake:
    """Raw objects below ``prefix``, and the job's tables beside them."""

    BUCKET: ClassVar = "etl-lakes"

    s3: Any
    prefix: str

    def __post_init__(self) -> None:
        self.lines: dict[str, list[bytes]] = {}
        self.truncated: dict[str, int] = {}
        """Objects that break off, and the position of the line in which they do."""
        self.parked: set[str] = set()
        """Objects that kill whoever validates them."""

    def config(self, run_id: str = "run", **changes: Any) -> Config:
        place = S3Location(self.BUCKET, self.prefix)
        folders = (place.folder(name) for name in ("raw", "curated", "quarantine", "state"))
        settings = {"lease": timedelta(seconds=-1), **changes}
        return Config(*folders, stage="local", run_id=run_id, **settings)

    def put(self, name: str, lines: list[bytes], body: bytes | None = None) -> str:
        """Put a raw object that is expected to give ``lines``; ``body`` is what is stored, gzip if not given."""
        key = f"{self.prefix}raw/{name}"
        if body is None:
            body = gzip.compress(b"".join(line + b"\n" for line in lines))
        self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=body)
        uri = f"s3://{self.BUCKET}/{key}"
        self.lines[uri] = lines
        return uri

    def table(self, name: str) -> list[Row]:
        """Rows of ``curated`` or ``quarantine``, with ``partition``, the folder that they lie in."""
        rows = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.BUCKET, Prefix=f"{self.prefix}{name}/"
        ):
            for item in page.get("Contents", []):
                body = self.s3.get_object(Bucket=self.BUCKET, Key=item["Key"])["Body"].read()
                partition = item["Key"].removeprefix(f"{self.prefix}{name}/").rpartition("/")[0]
                rows += [{**row, "partition": partition} for row in pq.read_table(io.BytesIO(body)).to_pylist()]
        return rows

    def manifests(self) -> list[Manifest]:
        return list(list_manifests(self.s3, self.config().state.uri))

    def arrivals(self) -> dict[str, datetime]:
        """Each object's arrival, in order of arrival."""
        found: list[tuple[datetime, str]] = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.BUCKET, Prefix=f"{self.prefix}raw/"):
            found += [(item["LastModified"], f"s3://{self.BUCKET}/{item['Key']}") for item in page.get("Contents", [])]
        return {uri: arrived for arrived, uri in sorted(found)}

    def expected(self) -> tuple[list[Row], list[Row], int]:
        """Curated rows, quarantine rows (without their run) and the number of duplicates."""
        curated: dict[str, Row] = {}
        quarantine: list[Row] = []
        duplicates = 0
        for uri, arrived in self.arrivals().items():
            origin = {"source_object": uri, "ingest_time": arrived.astimezone(UTC).replace(tzinfo=None)}
            for number, line in enumerate(self.lines[uri], start=1):
                reason = TRUNCATED_LINE if self.truncated.get(uri) == number - 1 else reject_reason(line, arrived)
                reason = CRASHED_THE_READER if uri in self.parked else reason
                if reason:
                    row = {"reason": reason, "line_number": number, **_line(line), **origin}
                    quarantine.append({**row, "partition": _partition(arrived)})
                    continue
                reading = vars(parse_reading(line, arrived))
                moment = reading["event_time"]
                first = curated.get(reading["event_id"])
                if first and reading | {"event_time": moment.replace(tzinfo=None)} == {k: first[k] for k in reading}:
                    duplicates += 1
                    continue
                if first:
                    row = {"reason": CONFLICTING_EVENT_ID, "line_number": number, **_line(line), **origin}
                    quarantine.append({**row, "partition": _partition(arrived)})
                    continue
                curated[reading["event_id"]] = {
                    **reading,
                    "event_time": moment.replace(tzinfo=None),
                    **origin,
                    "partition": _partition(moment),
                }
        return list(curated.values()), quarantine, duplicates

    def check(self) -> None:
        """The tables are what they should be, and the manifests account for every line."""
        curated, quarantine, duplicates = self.expected()
        assert by(self.table("curated"), "event_id") == by(curated, "event_id")
        found = [{name: value for name, value in row.items() if name != "run_id"} for row in self.table("quarantine")]
        assert by(found, "source_object", "line_number") == by(quarantine, "source_object", "line_number")
        manifests = self.manifests()
        accounts = {item.source_object: item for manifest in manifests for item in manifest.objects}
        assert len(accounts) == sum(len(manifest.objects) for manifest in manifests)
        assert {uri: item.lines for uri, item in accounts.items()} == {
            uri: len(text) for uri, text in self.lines.items()
        }
        for item in accounts.values():
            assert item.lines == item.curated + item.duplicates + sum(item.quarantined.values())
        assert sum(item.duplicates for item in accounts.values()) == duplicates
        assert sum(manifest.curated for manifest in manifests) == len(curated)
        state = self.s3.list_objects_v2(Bucket=self.BUCKET, Prefix=f"{self.prefix}state/staged/")
        assert "Contents" not in state


def by(rows: list[Row], *names: str) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in names))


def reading(event_id: str, moment: datetime = DAY, **changes: Any) -> bytes:
    value = {
        "event_id": event_id,
        "device_id": "sensor-1",
        "timestamp": format_timestamp(moment),
        "temperature": 20.25,
        "humidity": 40.5,
        "battery": 99.0,
        "site": "roof",
        "firmware": "1.0",
        **changes,
    }
    return json.dumps(value, separators=(",", ":")).encode()


def batch(rng: random.Random, ids: int, size: int) -> list[bytes]:
    """Random lines: readings of few ids (so that there are copies, many with another day or temperature), and dirt."""
    lines: list[bytes] = []
    for _ in range(size):
        if lines and rng.random() < 0.2:
            lines.append(rng.choice(lines))
            continue
        number = rng.randrange(ids)
        moment = DAY + timedelta(days=rng.choice([0, 0, 0, -1, -40, 1]), seconds=rng.randrange(86_400))
        line = reading(f"id-{number}", moment, device_id=f"sensor-{number % 7}", temperature=rng.randrange(-50, 50))
        if rng.random() < 0.2:
            line = rng.choice(DIRT).spoil(json.loads(line), line).replace(b"\n", b" ")
        elif rng.random() < 0.1:
            line = line[:-1] + b',"co2":%d}' % rng.randrange(1000)
        lines.append(line)
    return lines


def _line(line: bytes) -> Row:
    try:
        return {"line": line.decode(), "line_base64": None}
    except UnicodeDecodeError:
        return {"line": None, "line_base64": base64.b64encode(line).decode()}


def _partition(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("year=%Y/month=%m/day=%d")
