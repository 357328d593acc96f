"""Hearing the witnesses of live trips: receipts and their journals, gold, what was set aside, and OpenSearch."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from datastreamer.aws.athena import run_query
from datastreamer.aws.s3_location import S3Location
from datastreamer.aws.s3_objects import objects_below
from datastreamer.aws.search_domain import SearchDomain
from datastreamer.aws.waiting import Patience, settled
from datastreamer.errors import InvalidRecordError
from datastreamer.events.digest import Digest, digest_sum, id_hash, unpacked
from datastreamer.events.json_object import parse_object
from datastreamer.events.receipt import Receipt, receipts_in
from datastreamer.taxi.audit.live import Gold, LiveVerdict, Sent, SetAside
from datastreamer.taxi.dashboards.domain import endpoint_of
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import INDEX, LATEST_VIEW, TABLE, shown
from datastreamer.taxi.scoring.record import TRIP_ID
from datastreamer.taxi.scoring.replaying import UNDELIVERED, records_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NewClient = Callable[[str], Any]

SOURCE: Final = "taxi"
PARKED: Final = "failures/"
"""Where ``datastreamer.scoring.parking`` puts records."""
SEARCH: Final = "AmazonopensearchserviceDestinationDescription"
SCORED_AT: Final = "scored_at"
FAILED: Final = "AmazonOpenSearchService-failed/"
"""Where Firehose puts documents that the domain never took, behind the prefix of all documents."""
_READERS: Final = 8
_MODULUS: Final = 1 << 64


def audit_live(
    names: Names,
    client: NewClient,
    receipts: Path,
    patience: Patience,
    report: Callable[[str], None] = lambda _state: None,
) -> LiveVerdict:
    """Ask every witness, again while something is on its way and ``patience`` lasts.

    ``receipts`` is the folder of the sensors' receipts; those of this stage's stream count that are not older than it.
    """
    report("reading receipts")
    sent = _sent(names, client, receipts)

    def look() -> LiveVerdict:
        report("reading predictions")
        aside = _set_aside(names, client("s3"))
        # Documents come before objects: what is indexed meanwhile would be missing in an older look at gold.
        documents, oldest = _documents(names, client)
        return LiveVerdict(sent, _gold(names, client, oldest), aside, documents)

    return settled(look, done=lambda verdict: verdict.settled, patience=patience)


def _sent(names: Names, client: NewClient, folder: Path) -> Sent:
    summary = client("kinesis").describe_stream_summary(StreamName=names.stream)["StreamDescriptionSummary"]
    # The service rounds the creation time to seconds.
    created = int(summary["StreamCreationTimestamp"].timestamp())
    acknowledged, trips, unproven = 0, set[int](), list[str]()
    for path, receipt in receipts_in(folder, names.stage):
        if receipt.source != SOURCE or receipt.stream != names.stream or _began(receipt) < created:
            continue
        hashes = _journal(path, receipt)
        acknowledged += max(receipt.readings, len(hashes))
        trips |= set(hashes)
        if problem := _unproven(receipt, hashes):
            unproven.append(f"run {receipt.run_id}: {problem}")
    return Sent(acknowledged, frozenset(trips), tuple(unproven))


def _began(receipt: Receipt) -> float:
    return datetime.fromisoformat(receipt.started).timestamp()


def _journal(path: Path, receipt: Receipt) -> tuple[int, ...]:
    """The hash of each acknowledged trip; empty where there is no journal beside the receipt."""
    name = Path(receipt.journal).name
    journal = path.parent / name
    if not name or not journal.is_file():
        return ()
    body = journal.read_bytes()
    return unpacked(body[: len(body) // 8 * 8])


def _unproven(receipt: Receipt, hashes: tuple[int, ...]) -> str:
    """Why the journal does not name each trip that the receipt counts; empty when it does."""
    told = digest_sum(receipt.identified.values())
    if receipt.is_final and Digest(len(hashes), sum(hashes) % _MODULUS) != told:
        return f"its journal has {len(hashes):,} trips, and not the {told.lines:,} of its receipt"
    if len(hashes) < told.lines:
        return f"its journal has {len(hashes):,} of {told.lines:,} trips"
    return ""


def _gold(names: Names, client: NewClient, oldest: str) -> Gold:
    """``oldest``: since when OpenSearch has documents, as ``scored_at`` says it; its policy deletes older ones."""
    s3 = client("s3")
    rows, indexed, failed, trips = 0, 0, 0, set[int]()
    below = [item["Key"] for item in objects_below(s3, names.gold)]
    refused = names.gold.prefix + FAILED
    for key, content in _contents(s3, names.gold.bucket, below):
        documents = [json.loads(line) for line in content.splitlines() if line]
        if key.startswith(refused):
            raw = [json.loads(base64.b64decode(each["rawData"])) for each in documents]
            failed += sum(each[SCORED_AT] >= oldest for each in raw)
            continue
        rows += len(documents)
        indexed += sum(each[SCORED_AT] >= oldest for each in documents)
        trips.update(id_hash(each[TRIP_ID].encode()) for each in documents)
    athena = client("athena")

    def count(table: str) -> int:
        sql = f"SELECT COUNT(*) FROM {table}"  # noqa: S608  our own names
        [[number]] = run_query(athena, sql, workgroup=names.workgroup, database=names.database).rows
        return int(number or 0)

    return Gold(rows, frozenset(trips), count(TABLE), count(LATEST_VIEW), indexed, failed)


def _set_aside(names: Names, s3: S3Client) -> SetAside:
    parked, undelivered, trips = Counter[str](), 0, set[int]()
    for prefix in (PARKED, UNDELIVERED):
        keys = [item["Key"] for item in objects_below(s3, S3Location(names.raw_bucket, prefix))]
        for _, content in _contents(s3, names.raw_bucket, keys):
            if prefix == PARKED:
                document = json.loads(content)
                parked[document["reason"]] += 1
                records = [document["record"]]
            else:
                records = records_of(content)
                undelivered += len(records)
            trips.update(_ids(records))
    return SetAside(dict(sorted(parked.items())), undelivered, frozenset(trips))


def _ids(records: Iterable[Any]) -> Iterator[int]:
    """Hashes of the ids of those records that have one."""
    for record in records:
        try:
            trip_id = parse_object(base64.b64decode(record["kinesis"]["data"])).get(TRIP_ID)
        except InvalidRecordError:
            continue
        if isinstance(trip_id, str):
            yield id_hash(trip_id.encode())


def _documents(names: Names, client: NewClient) -> tuple[int | None, str]:
    """How many documents the domain has that predictions go to, and when the oldest was scored; None without one."""
    found = client("firehose").describe_delivery_stream(DeliveryStreamName=names.predictions)
    [destination] = found["DeliveryStreamDescription"]["Destinations"]
    if SEARCH not in destination:
        return None, ""
    session: Any = boto3.Session()
    endpoint = endpoint_of(destination[SEARCH]["DomainARN"].rpartition("/")[2], client)
    domain = SearchDomain(endpoint, session.get_credentials(), session.region_name)
    domain.must("POST", f"/{INDEX}-*/_refresh")
    count: int = domain.must("GET", f"/{INDEX}-*/_count")["count"]
    if not count:
        return 0, ""
    oldest = {"size": 0, "aggs": {"oldest": {"min": {"field": SCORED_AT}}}}
    answer = domain.must("POST", f"/{INDEX}-*/_search", oldest)["aggregations"]["oldest"]["value"]
    return count, shown(datetime.fromtimestamp(answer / 1000, UTC))


def _contents(s3: S3Client, bucket: str, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Each key with what the object holds, unpacked where it is gzip."""

    def read(key: str) -> tuple[str, bytes]:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return key, gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body

    with ThreadPoolExecutor(_READERS) as pool:
        yield from pool.map(read, keys)
