"""The account of live trips: what proves that none is lost, and what each finding is found by."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.waiting import Patience
from datastreamer.events.digest import Digest, id_hash, packed
from datastreamer.events.receipt import FINISHED, RUNNING, Receipt
from datastreamer.taxi.audit import live_witnesses
from datastreamer.taxi.audit.live import Gold, LiveVerdict, Sent, SetAside
from datastreamer.taxi.audit.live_witnesses import audit_live
from datastreamer.taxi.names import Names

NAMES = Names("local", "000000000000")
GOOD = LiveVerdict(
    Sent(4, frozenset({1, 2, 3, 4})),
    Gold(rows=4, trips=frozenset({1, 2, 9}), counted=4, latest=3, indexed=4),
    SetAside({"invalid_json": 1}, 1, frozenset({3, 4})),
)


def laws(verdict: LiveVerdict) -> list[str]:
    return [problem.law for problem in verdict.problems]


def test_trips_that_are_in_gold_parked_or_set_aside_are_all_there_are() -> None:
    assert GOOD.holds
    assert GOOD.settled
    assert (GOOD.copies, GOOD.unacknowledged, GOOD.missing) == (1, 1, 0)


def test_a_trip_that_is_nowhere_is_counted() -> None:
    lost = replace(GOOD, aside=replace(GOOD.aside, trips=frozenset({3})))
    assert laws(lost) == ["every acknowledged trip is in gold, or set aside"]
    assert not lost.settled


def test_a_view_that_has_a_trip_twice_or_athena_that_reads_less_is_found() -> None:
    assert laws(replace(GOOD, gold=replace(GOOD.gold, latest=4))) == ["the view has each trip once"]
    assert laws(replace(GOOD, gold=replace(GOOD.gold, counted=3))) == ["Athena reads every prediction"]


def test_documents_are_all_predictions_but_those_that_failed() -> None:
    assert replace(GOOD, documents=4).holds
    assert replace(GOOD, documents=3, gold=replace(GOOD.gold, failed=1)).holds
    assert laws(replace(GOOD, documents=3)) == ["documents in OpenSearch = gold"]


def test_without_a_trip_or_with_a_journal_that_lacks_some_nothing_is_proven() -> None:
    assert not replace(GOOD, sent=Sent()).holds
    assert not replace(GOOD, sent=replace(GOOD.sent, unproven=("run 7: its journal is short",))).holds


def receipt(folder: Path, ids: list[str], name: str = "one", **changes: Any) -> None:
    """A receipt of ``ids``, and its journal."""
    hashes = [id_hash(each.encode()) for each in ids]
    (folder / f"{name}.ids").write_bytes(packed(hashes))
    told = Digest().plus(len(ids), sum(hashes))
    given: dict[str, Any] = {
        "run_id": name,
        "source": "taxi",
        "stage": "local",
        "stream": NAMES.stream,
        "region": "ap-northeast-1",
        "started": (datetime.now(UTC) + timedelta(seconds=5)).isoformat(),
        "state": FINISHED,
        "readings": len(ids),
        "identified": {"zone-1": told},
        "journal": f"{name}.ids",
        "journal_bytes": 8 * len(ids),
    }
    Receipt(**(given | changes)).save(folder / f"{name}.json")


class Stage:
    """A mocked account with the stream, gold of ``gold`` ids and what was set aside."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.region: Any = "ap-northeast-1"
        self.kinesis, self.s3 = (boto3.client(name, region_name=self.region) for name in ("kinesis", "s3"))
        self.kinesis.create_stream(StreamName=NAMES.stream, ShardCount=1)
        for bucket in (NAMES.raw_bucket, NAMES.processed_bucket):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        self.destination: dict[str, Any] = {"DestinationId": "1"}
        self.answers = {"taxi_predictions": 0, "taxi_predictions_latest": 0}
        monkeypatch.setattr(live_witnesses, "run_query", self.run_query)

    def client(self, service: str) -> Any:
        clients: dict[str, Any] = {"kinesis": self.kinesis, "s3": self.s3}
        return clients.get(service, self)

    def describe_delivery_stream(self, *, DeliveryStreamName: str) -> Any:  # noqa: N803  boto3's names
        assert DeliveryStreamName == NAMES.predictions
        return {"DeliveryStreamDescription": {"Destinations": [self.destination]}}

    def run_query(self, _athena: Any, sql: str, *, workgroup: str, database: str) -> Any:
        assert (workgroup, database) == (NAMES.workgroup, NAMES.database)
        return type("Answer", (), {"rows": [[str(self.answers[sql.rpartition(" ")[2]])]]})

    def deliver(self, *ids: str, at: str = "2026-12-01T00:00:00.000Z") -> None:
        key = f"{at[:10].replace('-', '/')}/00/a.gz"
        body = gzip.compress("".join(json.dumps({"trip_id": each, "scored_at": at}) + "\n" for each in ids).encode())
        self.s3.put_object(Bucket=NAMES.processed_bucket, Key=f"taxi_predictions/{key}", Body=body)
        self.answers["taxi_predictions"] += len(ids)
        self.answers["taxi_predictions_latest"] += len(set(ids))

    def set_aside(self, key: str, document: dict[str, Any]) -> None:
        self.s3.put_object(Bucket=NAMES.raw_bucket, Key=key, Body=json.dumps(document).encode())

    def audit(self, folder: Path) -> LiveVerdict:
        return audit_live(NAMES, self.client, folder, Patience(0))


def record(payload: bytes) -> dict[str, Any]:
    return {"eventID": "s:1", "kinesis": {"data": base64.b64encode(payload).decode()}}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Stage(monkeypatch)


def test_every_witness_is_heard(stage: Stage, tmp_path: Path) -> None:
    receipt(tmp_path, ["a", "b", "c", "d"])
    stage.deliver("a", "b", "b")
    stage.set_aside("failures/2026/12/01/00/s-1.json", {"reason": "invalid_json", "record": record(b"poison")})
    refused = record(b'{"trip_id":"c","fare_amount":"dear"}')
    stage.set_aside("failures/2026/12/01/00/s-2.json", {"reason": "missing_pickup_time", "record": refused})
    batch = {"payload": {"Records": [record(b'{"trip_id":"d"}'), record(b"\xff")]}}
    stage.set_aside("aws/lambda/m/s/2026/12/01/x", batch)
    verdict = stage.audit(tmp_path)
    assert verdict.holds
    assert verdict.document() | {"problems": None} == {
        "holds": True,
        "acknowledged": 4,
        "acknowledged_trips": 4,
        "gold_rows": 3,
        "gold_trips": 2,
        "copies": 1,
        "latest": 2,
        "parked": 2,
        "parked_by_reason": {"invalid_json": 1, "missing_pickup_time": 1},
        "undelivered": 2,
        "unacknowledged": 0,
        "documents": None,
        "documents_due": None,
        "failed_documents": 0,
        "missing": 0,
        "unproven": [],
        "problems": None,
    }


class Domain:
    """A domain of two documents, scored on the first of December and later."""

    def __init__(self, endpoint: str, _credentials: Any, region: str) -> None:
        assert (endpoint, region) == ("search.example", "ap-northeast-1")

    def must(self, method: str, path: str, body: Any = None) -> Any:
        december = datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000
        answers = {
            ("POST", "/taxi-predictions-*/_refresh"): {},
            ("GET", "/taxi-predictions-*/_count"): {"count": 1},
            ("POST", "/taxi-predictions-*/_search"): {"aggregations": {"oldest": {"value": december}}},
        }
        assert (body is not None) == path.endswith("_search")
        return answers[method, path]


def test_documents_are_held_against_what_was_scored_since_the_oldest_of_them(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy deletes old indices, and gold stays; what the domain never took lies beside gold."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    monkeypatch.setattr(live_witnesses, "SearchDomain", Domain)
    monkeypatch.setattr(live_witnesses, "endpoint_of", lambda name, _client: {"taxis": "search.example"}[name])
    receipt(tmp_path, ["a", "b", "c"])
    stage.deliver("a", at="2026-11-30T23:59:59.999Z")
    stage.deliver("b", "c")
    arn = "arn:aws:es:ap-northeast-1:000000000000:domain/taxis"
    stage.destination["AmazonopensearchserviceDestinationDescription"] = {"DomainARN": arn}
    verdict = stage.audit(tmp_path)
    assert laws(verdict) == ["documents in OpenSearch = gold"]
    assert not verdict.settled
    for at in ("2026-11-30T00:00:00.000Z", "2026-12-01T00:00:00.000Z"):
        raw = base64.b64encode(json.dumps({"trip_id": "c", "scored_at": at}).encode()).decode()
        key = f"taxi_predictions/AmazonOpenSearchService-failed/{at[:10]}"
        failed = json.dumps({"errorCode": "400", "rawData": raw}).encode()
        stage.s3.put_object(Bucket=NAMES.processed_bucket, Key=key, Body=failed)
    verdict = stage.audit(tmp_path)
    assert verdict.holds
    assert (verdict.documents, verdict.gold.failed, verdict.gold.indexed, verdict.gold.rows) == (1, 1, 2, 3)


def test_receipts_of_other_streams_sources_and_times_do_not_count(stage: Stage, tmp_path: Path) -> None:
    receipt(tmp_path, ["a"])
    receipt(tmp_path, ["b"], "other", stream="another")
    receipt(tmp_path, ["c"], "sensor", source="temperature")
    receipt(tmp_path, ["d"], "old", started="2020-01-01T00:00:00+00:00")
    stage.deliver("a")
    assert stage.audit(tmp_path).holds


def test_a_run_that_was_killed_counts_with_what_its_journal_has(stage: Stage, tmp_path: Path) -> None:
    receipt(tmp_path, ["a", "b", "c"], state=RUNNING, readings=1, identified={}, journal_bytes=8)
    stage.deliver("a", "b")
    verdict = stage.audit(tmp_path)
    assert (verdict.sent.acknowledged, verdict.missing) == (3, 1)


@pytest.mark.parametrize("journal", [packed([id_hash(b"a")]), packed([id_hash(b"a"), id_hash(b"z")])])
def test_a_journal_that_has_other_trips_than_its_receipt_proves_nothing(
    stage: Stage, tmp_path: Path, journal: bytes
) -> None:
    receipt(tmp_path, ["a", "b"])
    (tmp_path / "one.ids").write_bytes(journal)
    stage.deliver("a", "b", "z")
    verdict = stage.audit(tmp_path)
    assert not verdict.holds
    assert "not the 2 of its receipt" in verdict.sent.unproven[0]
