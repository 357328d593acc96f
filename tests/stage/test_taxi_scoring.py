"""Live trips on the stage, between a real mapping, model, table and delivery stream, while something goes wrong.

Whatever it is, in the end each trip is in gold, only what is no trip is parked, and the view has each trip once.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_stage.testing.models import script
from aws_stage.testing.waiting import PATIENCE, eventually

from datastreamer.aws.search_domain import SearchDomain
from datastreamer.aws.waiting import Patience
from datastreamer.events.digest import Digest, id_hash, packed
from datastreamer.events.receipt import FINISHED, Receipt
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.taxi.audit.live_witnesses import audit_live
from datastreamer.taxi.dashboards.indices import IndexSettings
from datastreamer.taxi.dashboards.install import install
from datastreamer.taxi.scoring.replaying import records_of, replay
from tests.conftest import REGION, REPOSITORY, RunningStage, lake_environment
from tests.stage.faulty_proxy import FaultyProxy, Gone, Reply, Request, Times, refusal
from tests.stage.taxi_pipelines import TaxiPipeline, at, fares, record, trips

pytestmark = [pytest.mark.stage, pytest.mark.slow]

Make = Callable[..., TaxiPipeline]

MODEL = """
import os

def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    return body.splitlines()

def predict_fn(rows, model):
    {fault}
    return ["{score}" for row in rows]

def output_fn(scores, accept):
    return "\\n".join(scores), "text/csv"
"""

FAULTS = {
    "nan": {"fault": "pass", "score": "nan"},
    "5xx": {"fault": "raise IndexError('a model that fails')", "score": ""},
    "process ends": {"fault": "os._exit(3)", "score": ""},
    "scores missing": {"fault": "rows = rows[1:]", "score": "12.5"},
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_lambda_package(REPOSITORY / "lambdas" / "taxi_score", REPOSITORY, tmp_path_factory.mktemp("package"))


@pytest.fixture
def make(stage: RunningStage, package: Path) -> Iterator[Make]:
    """Make pipelines that end with the test."""
    made: list[TaxiPipeline] = []

    def pipeline(environment: dict[str, str] | None = None, domain_arn: str = "", **mapping: Any) -> TaxiPipeline:
        made.append(TaxiPipeline(stage, package, environment, domain_arn, **mapping))
        return made[-1]

    yield pipeline
    for one in made:
        one.close()


@pytest.fixture
def proxy(stage: RunningStage) -> Iterator[FaultyProxy]:
    running = FaultyProxy(stage.endpoint_url)
    yield running
    running.close()


def through_runtime(proxy: FaultyProxy) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": proxy.url}


def test_trips_wait_for_the_first_model_and_poison_among_them_is_parked(make: Make, proxy: FaultyProxy) -> None:
    pipeline = make(through_runtime(proxy))
    model, fingerprint = fares()
    pipeline.put([("a", b"\xff")], poison=True)
    pipeline.put([record(trip) for trip in trips(60)])
    pipeline.put([("b", b"{}")], poison=True)
    pipeline.put([record(trip) for trip in trips(120)[60:]])
    pipeline.put([("c", b"[]")], poison=True)
    eventually(lambda: proxy.requests > 1)
    assert not pipeline.where().rows
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    where = pipeline.settled()
    assert set(where.copies.values()) == {1}
    assert {(row["model_version"], row["rule"]) for row in where.rows} == {("1", "version")}
    assert sorted(where.parked.values()) == ["invalid_utf8", "missing_trip_id", "not_an_object"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_fails_leaves_the_trips_to_the_next_one(make: Make, proxy: FaultyProxy, fault: str) -> None:
    pipeline = make(through_runtime(proxy))
    model, fingerprint = fares()
    pipeline.register("2", fingerprint)
    pipeline.host(script(MODEL.format(**FAULTS[fault])))
    pipeline.put([record(trip) for trip in trips(40)])
    eventually(lambda: proxy.requests > 1)
    pipeline.host(model)
    where = pipeline.settled()
    assert {row["model_version"] for row in where.rows} == {"2"}
    assert len(where.copies) == 40


def test_a_model_that_answers_one_fare_for_all_is_named_and_judged_by_the_default_rule(make: Make) -> None:
    pipeline = make()
    pipeline.host(script(MODEL.format(fault="pass", score="12.5")))
    pipeline.put([record(trip) for trip in trips(40)])
    where = pipeline.settled()
    [version] = {row["model_version"] for row in where.rows}
    assert version.startswith("unregistered-")
    assert all(row["is_outlier"] == (abs(row["fare_amount"] - 12.5) > 10.0) for row in where.rows)
    assert {row["rule"] for row in where.rows} == {"default"}


def test_a_model_that_sleeps_is_asked_again(make: Make, proxy: FaultyProxy) -> None:
    awake = threading.Event()

    def asleep(_request: Request, _answered: Callable[[], Reply]) -> Reply:
        awake.wait(PATIENCE)
        raise Gone

    proxy.spoiler = spoilt = Times(2, asleep)
    pipeline = make(through_runtime(proxy))
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    pipeline.put([record(trip) for trip in trips(30)])
    where = pipeline.settled()
    awake.set()
    assert spoilt.done
    assert set(where.copies.values()) == {1}


def test_an_endpoint_that_goes_away_and_comes_back_leaves_no_trip_out(make: Make, proxy: FaultyProxy) -> None:
    pipeline = make(through_runtime(proxy))
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    pipeline.put([record(trip) for trip in trips(30)])
    pipeline.settled()
    pipeline.drop_endpoint()
    before = proxy.requests
    pipeline.put([record(trip) for trip in trips(60)[30:]])
    eventually(lambda: proxy.requests > before + 1)
    pipeline.host(model)
    assert set(pipeline.settled().copies.values()) == {1}


def test_a_delivery_stream_that_throttles_and_takes_a_part_gets_each_prediction_once(
    make: Make, proxy: FaultyProxy
) -> None:
    turns = iter(range(1_000))

    def partly(request: Request, _answered: Callable[[], Reply]) -> Reply:
        """Every other request is refused whole; of the rest every third record is."""
        if next(turns) % 2:
            return refusal("ServiceUnavailableException", 503)
        asked = json.loads(request.body)
        taken = [each for place, each in enumerate(asked["Records"]) if place % 3]
        told = iter(())
        if taken:
            body = json.dumps({**asked, "Records": taken}).encode()
            reply = Request(request.path, request.headers, body).forward(stage_url)
            assert reply.status == 200
            told = iter(json.loads(reply.body)["RequestResponses"])
        error = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"}
        answers = [next(told) if place % 3 else error for place in range(len(asked["Records"]))]
        failed = sum("ErrorCode" in each for each in answers)
        body = json.dumps({"FailedPutCount": failed, "Encrypted": False, "RequestResponses": answers}).encode()
        return Reply(200, body, {"content-type": "application/x-amz-json-1.1"})

    proxy.spoiler = spoilt = Times(6, partly)
    pipeline = make({"AWS_ENDPOINT_URL_FIREHOSE": proxy.url})
    stage_url = pipeline.stage.endpoint_url
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    pipeline.put([record(trip) for trip in trips(100)])
    where = pipeline.settled()
    assert spoilt.done
    assert set(where.copies.values()) == {1}, "what was taken is not put again"


def test_copies_refunds_and_the_hour_that_is_there_twice_are_each_once_in_the_view(make: Make) -> None:
    pipeline = make()
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    ride, *others = trips(20, date(2025, 11, 2))
    refund = replace(ride, fare_amount=-ride.fare_amount, total_amount=-ride.total_amount, payment_type=4)
    night = replace(ride, pickup_time=at("2025-11-02 01:50:00"), dropoff_time=at("2025-11-02 01:10:00"))
    sent = [record(trip) for trip in (ride, refund, night, *others)]
    pipeline.put(sent)
    pipeline.put(sent)
    where = pipeline.settled()
    assert set(where.copies.values()) == {2}
    pipeline.catalogue()
    latest = {row["trip_id"]: row for row in pipeline.latest()}
    assert len(latest) == len(sent)
    assert latest[night.trip_id]["event_time"] == "2025-11-02T06:10:00.000Z"
    assert latest[refund.trip_id]["is_outlier"] == "true"
    assert latest[refund.trip_id]["outlier"] == "1"
    for row in where.rows:
        assert row["sequence_number"] <= str(latest[row["trip_id"]]["sequence_number"]), "the later record counts"


def test_each_prediction_is_a_document_of_the_dashboards_indices_and_the_audit_proves_it(
    make: Make, stage: RunningStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lake_environment(stage).items():
        monkeypatch.setenv(name, value)
    opensearch, domain = stage.client("opensearch"), f"taxi-{uuid.uuid4().hex[:8]}"
    arn = opensearch.create_domain(DomainName=domain)["DomainStatus"]["ARN"]
    endpoint = opensearch.describe_domain(DomainName=domain)["DomainStatus"]["Endpoint"]
    credentials: Any = boto3.Session().get_credentials()
    install(SearchDomain(endpoint, credentials, REGION), IndexSettings(replicas=0))
    pipeline = make(domain_arn=arn)
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    booked = replace(trips(1)[0], passenger_count=None, rate_code=None, pickup_zone=70_000)
    sent = [record(trip) for trip in (*trips(40), booked)]
    pipeline.put([*sent, sent[0]])
    pipeline.put([("a", b"poison")], poison=True)
    pipeline.settled()
    pipeline.catalogue()
    hashes = [id_hash(json.loads(payload)["trip_id"].encode()) for _, payload in sent]
    (tmp_path / "run.ids").write_bytes(packed(hashes))
    Receipt(
        run_id="run",
        source="taxi",
        stage="local",
        stream=pipeline.name,
        region=REGION,
        started=datetime.now(UTC).isoformat(),
        state=FINISHED,
        readings=len(sent),
        identified={"zone": Digest().plus(len(sent), sum(hashes))},
        journal="run.ids",
    ).save(tmp_path / "run.json")
    verdict = audit_live(pipeline.names, stage.client, tmp_path, Patience(PATIENCE, 0.1))
    assert verdict.holds, verdict.document()
    assert (verdict.documents, verdict.gold.failed, verdict.copies) == (42, 0, 1)
    assert dict(verdict.aside.parked) == {"invalid_json": 1}


def test_a_rule_that_is_missing_and_then_put_is_in_force_without_a_deploy(make: Make) -> None:
    pipeline = make()
    model, fingerprint = fares()
    pipeline.host(model)
    pipeline.put([record(trip) for trip in trips(10)])
    assert {row["rule"] for row in pipeline.settled().rows} == {"default"}
    pipeline.register("9", fingerprint, floor=0.0, factor=0.5)
    left = iter(trips(500)[10:])

    def used() -> bool:
        pipeline.put([record(next(left))])
        return any(row["model_version"] == "9" for row in pipeline.settled().rows)

    eventually(used)
    [found] = [row for row in pipeline.settled().rows if row["model_version"] == "9"]
    assert found["threshold"] == 0.5 * found["predicted_fare"]
    assert found["rule"] == "version"


def test_a_batch_that_is_given_up_lies_whole_in_the_bucket_and_is_scored_when_it_is_replayed(make: Make) -> None:
    pipeline = make(MaximumRetryAttempts=0, BisectBatchOnFunctionError=False)
    pipeline.put([record(trip) for trip in trips(10)])

    def given_up() -> set[str]:
        records = [each for content in pipeline.objects(pipeline.name) for each in records_of(content)]
        return {json.loads(base64.b64decode(each["kinesis"]["data"]))["trip_id"] for each in records}

    eventually(given_up, set(pipeline.sent.values()))
    client = partial(pipeline.stage.client, attempts=1)
    assert replay(pipeline.names, client).left > 0, "there is still no model"
    model, fingerprint = fares()
    pipeline.register("1", fingerprint)
    pipeline.host(model)
    done = replay(pipeline.names, client)
    assert (done.records, done.left) == (10, 0)
    assert not pipeline.objects(pipeline.name)
    assert set(pipeline.settled().copies.values()) == {1}
