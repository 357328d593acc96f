"""A small lake in memory, made as sensors, Firehose and the job make it, for tests of the audit.

The receipts, journals and chain are built as a sensor builds them; the raw lines are those of the real simulation,
validated by the real contract. Only the transport between them is a few lines here.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datastreamer.aws.s3_location import S3Location
from datastreamer.events.chain import Chain
from datastreamer.events.journal import Journal
from datastreamer.events.reading import CONFLICTING_EVENT_ID, TRUNCATED_LINE
from datastreamer.events.receipt import FINISHED, Receipt
from datastreamer.sensor.kinesis.record import Acknowledged, Record
from datastreamer.sensor.kinesis.writer import WriterCounts
from datastreamer.sensor.packing import Packer
from datastreamer.sensor.receipt_builder import ReceiptBuilder
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.simulation import TemperatureSimulation
from datastreamer.telemetry.audit.audit import TableCounts, Verdict, audit
from datastreamer.telemetry.audit.receipts import read_receipts
from datastreamer.telemetry.job.accounts import LineCount, balance
from datastreamer.telemetry.job.raw_reader import line_text
from datastreamer.telemetry.job.validation import Rejected, validate_block
from datastreamer.telemetry.manifest import COMMITTED, DataFile, Manifest, manifest_key
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.new_objects import find_new
from datastreamer.telemetry.raw_lines import RawLines

NAMES = Names("local", "000000000000")
STATE = S3Location.parse(NAMES.state_path)
STARTED = "2025-10-15T09:00:00.000Z"
CREATED = datetime(2025, 10, 15, 8, tzinfo=UTC)
COPIED = ("event_id", "device_id", "event_time", "temperature", "humidity", "battery", "site", "firmware", "extra")


@dataclass
class SyntheticLake:
    """Buckets of ``s3`` and a ``folder`` of receipts."""

    s3: Any
    folder: Path
    curated: dict[str, dict[str, Any]] = field(default_factory=dict)
    _records: int = 0
    _objects: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for bucket in (NAMES.data_bucket, NAMES.analytics_bucket):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})

    def send(
        self, run_id: str, *, seed: int, lines: int, copies: int = 0, killed: bool = False, devices: int = 3
    ) -> list[bytes]:
        """A run of a sensor: its receipt, and the data of its records as the stream has them.

        ``copies``: so many records are stored twice, for their answer was lost. ``killed``: the receipt was last saved
        half-way.
        """
        start = datetime(2025, 10, 15, tzinfo=UTC)
        options = SimulationOptions(
            devices=devices, seed=seed, start=start, interval=60.0, dirty=0.15, duplicates=0.1, late=0.05
        )
        packer = Packer(4)
        block = TemperatureSimulation(options).take(lines)
        records = [record for part in block.by_device() for record in packer.add(part)] + packer.flush()
        path = self.folder / f"{run_id}.json"
        journal = Journal(path.with_suffix(".ids"))
        blank = Receipt(
            run_id, "temperature", "local", NAMES.stream, "ap-northeast-1", STARTED, journal=journal.path.name
        )
        builder = ReceiptBuilder(blank, journal)
        blank.save(path)
        chain = Chain(self.folder)
        chain.opened(blank, path.name)
        for number, record in enumerate(records):
            builder.add([self._stored(record)])
            if number == len(records) // 2:
                builder.receipt(WriterCounts()).save(path)
        if not killed:
            uncertain = sum(record.lines for record in records[:copies])
            final = replace(builder.receipt(WriterCounts(uncertain=uncertain)), state=FINISHED, ended=STARTED)
            chain.closed(run_id, final.save(path), journal.close())
        return [record.data for record in (*records[:copies], *records)]

    def _stored(self, record: Record) -> Acknowledged:
        self._records += 1
        return Acknowledged(record, f"shardId-{self._records % 2:012d}", str(self._records))

    def deliver(self, data: Iterable[bytes], objects: int = 2) -> list[str]:
        """Firehose: the records in so many raw objects; their keys."""
        parts = list(data)
        size = -(-len(parts) // objects)
        keys = []
        for first in range(0, len(parts), size):
            self._objects += 1
            keys.append(f"{NAMES.raw_prefix}2025/10/15/09/{self._objects:04d}.gz")
            body = gzip.compress(b"".join(parts[first : first + size]))
            self.s3.put_object(Bucket=NAMES.data_bucket, Key=keys[-1], Body=body)
        return keys

    def job(self, checksums: bool = True) -> Manifest | None:
        """A turn of the job over whatever it has not read; ``checksums``: whether it writes them, as it does now."""
        manifests = self._sequences()
        last = Manifest(manifests, "run", COMMITTED, 0, "", "") if manifests else None
        objects = find_new(self.s3, NAMES.raw, STATE, last, 48, full=True)
        if not objects:
            return None
        curated: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        validated: list[LineCount] = []
        dropped: Counter[int] = Counter()
        conflicts: Counter[int] = Counter()
        for number, item in enumerate(objects):
            uri = f"s3://{NAMES.data_bucket}/{item.key}"
            arrived = datetime.fromisoformat(item.last_modified)
            blocks = RawLines([self.body(NAMES.data_bucket, item.key)])
            lines = [line for block in blocks for line in block]
            accepted, refused = validate_block(lines, 1, arrived)
            if blocks.unfinished is not None:
                refused.append(Rejected(len(lines) + 1, TRUNCATED_LINE, blocks.unfinished))
            readings = sorted(
                (row for batch in accepted for row in batch.to_pylist()), key=lambda row: row["line_number"]
            )
            validated.append(LineCount(number, None, blocks.fault, len(readings)))
            validated += [LineCount(number, line.reason, None, 1) for line in refused]
            rejected += [{**_row(line), "source_object": uri} for line in refused]
            for row in readings:
                said = {name: row[name] for name in COPIED}
                first = self.curated.setdefault(row["event_id"], said)
                if first is said:
                    curated.append({**said, "source_object": uri})
                elif first == said:
                    dropped[number] += 1
                else:
                    conflicts[number] += 1
                    line = lines[row["line_number"] - 1].decode()
                    rejected.append(
                        {
                            "reason": CONFLICTING_EVENT_ID,
                            "line": line,
                            "line_base64": None,
                            "line_number": row["line_number"],
                            "source_object": uri,
                        }
                    )
        sequence = manifests + 1
        files = []
        for table, rows in ((NAMES.curated, curated), (NAMES.quarantine, rejected)):
            for part in (rows[::2], rows[1::2]):
                if part:
                    key = table.key(f"year=2025/month=10/day=15/{sequence:012d}-{len(files):05d}.zstd.parquet")
                    body = parquet(part)
                    self.s3.put_object(Bucket=table.bucket, Key=key, Body=body)
                    told = (hashlib.sha256(body).hexdigest(), len(part)) if checksums else ("", None)
                    files.append(DataFile("", f"s3://{table.bucket}/{key}", len(body), *told))
        accounts = balance(
            NAMES.data_bucket,
            objects,
            validated=validated,
            dropped=dropped,
            conflicting=conflicts,
            curated=Counter(row["source_object"] for row in curated),
            quarantined=Counter((row["source_object"], row["reason"]) for row in rejected),
        )
        manifest = Manifest(sequence, f"run-{sequence}", COMMITTED, sequence - 1, "", "", objects=accounts, files=files)
        self.s3.put_object(Bucket=STATE.bucket, Key=STATE.key(manifest_key(sequence)), Body=manifest.to_json())
        return manifest

    def audit(self) -> Verdict:
        receipts = read_receipts(self.folder, "local", NAMES.stream, CREATED)
        return audit(receipts, NAMES, {"s3": self.s3}.__getitem__, count_tables=self.count)

    def count(self, *_: Any) -> TableCounts:
        """What Athena counts: the rows of every file that it sees."""
        curated = self.rows(NAMES.curated)
        quarantined = self.rows(NAMES.quarantine)
        ids = Counter(row["event_id"] for row in curated)
        lines = Counter(f"{row['source_object']}:{row['line_number']}" for row in quarantined)
        return TableCounts(
            curated_rows=Counter(row["source_object"] for row in curated),
            quarantined_rows=Counter(row["source_object"] for row in quarantined),
            quarantined_by_reason=Counter(row["reason"] for row in quarantined),
            repeated_event_ids={name: count for name, count in ids.items() if count > 1},
            repeated_quarantine={name: count for name, count in lines.items() if count > 1},
        )

    def rows(self, table: S3Location) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for key in self.keys(table.bucket, table.prefix):
            try:
                found += pq.read_table(io.BytesIO(self.body(table.bucket, key))).to_pylist()
            except pa.ArrowInvalid:
                continue
        return found

    def keys(self, bucket: str, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [item["Key"] for item in listed]

    def body(self, bucket: str, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _sequences(self) -> int:
        return len(self.keys(STATE.bucket, STATE.key("manifests/")))


@dataclass
class Snapshot:
    """A lake as it was, to put back what a test changed. Objects that were not changed keep their ETag."""

    lake: SyntheticLake
    aside: Path

    def __post_init__(self) -> None:
        self._objects = self._all()
        shutil.copytree(self.lake.folder, self.aside)

    def restore(self) -> None:
        now = self._all()
        for place in now.keys() - self._objects.keys():
            self.lake.s3.delete_object(Bucket=place[0], Key=place[1])
        for place, body in self._objects.items():
            if now.get(place) != body:
                self.lake.s3.put_object(Bucket=place[0], Key=place[1], Body=body)
        shutil.rmtree(self.lake.folder)
        shutil.copytree(self.aside, self.lake.folder)

    def _all(self) -> dict[tuple[str, str], bytes]:
        buckets = (NAMES.data_bucket, NAMES.analytics_bucket)
        return {(name, key): self.lake.body(name, key) for name in buckets for key in self.lake.keys(name, "")}


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    schema = None
    if "reason" in rows[0]:
        texts = [(name, pa.string()) for name in ("reason", "line", "line_base64", "source_object")]
        schema = pa.schema([*texts, ("line_number", pa.int64())])
    pq.write_table(pa.Table.from_pylist(rows, schema), buffer)
    return buffer.getvalue()


def _row(line: Any) -> dict[str, Any]:
    return {"reason": line.reason, "line_number": line.line_number, **line_text(line.line)}


def laws(verdict: Verdict) -> list[str]:
    """What is wrong, in words."""
    return [finding.law for finding in verdict.findings]
