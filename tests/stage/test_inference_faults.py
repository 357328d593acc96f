"""The function on the stage, between a real mapping, endpoint and table, while something goes wrong.

Whatever it is, in the end each record is in the table once, or parked once with its reason.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing.models import Hosting, archive
from aws_stage.testing.waiting import PATIENCE, eventually

from datastreamer.inference.reprocessing.replay import replay_failures
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from tests.conftest import REPOSITORY, RunningStage
from tests.processes import kill
from tests.stage.faulty_proxy import FaultyProxy, Gone, Reply, Request, Times, refusal
from tests.stage.inference_pipelines import BREAKS, ENDS, MODEL, NAN, Pipeline, good, odd

pytestmark = [pytest.mark.stage, pytest.mark.slow]

Make = Callable[..., Pipeline]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = REPOSITORY / "lambdas" / "inference_score"
    return build_lambda_package(folder, REPOSITORY, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def endpoint(stage: RunningStage) -> str:
    return Hosting(stage).serve(archive({"code/inference.py": MODEL}))


@pytest.fixture
def make(stage: RunningStage, package: Path, endpoint: str) -> Iterator[Make]:
    """Make pipelines that end with the test; keywords are the mapping's options, or the endpoint."""
    made: list[Pipeline] = []

    def pipeline(environment: dict[str, str] | None = None, endpoint: str = endpoint, **mapping: Any) -> Pipeline:
        made.append(Pipeline(stage, package, endpoint, environment, **mapping))
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


def through_dynamodb(proxy: FaultyProxy) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_DYNAMODB": proxy.url}


def test_poison_first_in_the_middle_and_last_of_a_batch_leaves_its_neighbours_alone(make: Make) -> None:
    pipeline = make(BatchSize=10)
    payloads = [good(number) for number in range(30)]
    poison = {0: b"\xff", 15: b"{", 29: b'{"id": "a", "data": []}'}
    sequences = pipeline.put([poison.get(number, payload) for number, payload in enumerate(payloads)])
    where = pipeline.settled()
    assert where.parked == {
        sequences[0]: "invalid_utf8",
        sequences[15]: "invalid_json",
        sequences[29]: "invalid_data",
    }
    assert len(where.items) == 27
    assert where.batches == {}


def test_a_batch_of_nothing_but_poison_is_parked_and_the_next_batch_is_scored(make: Make) -> None:
    pipeline = make(BatchSize=10)
    pipeline.put([b"poison"] * 10 + [good(number) for number in range(10)])
    where = pipeline.settled()
    assert (len(where.parked), len(where.items), where.batches) == (10, 10, {})


def test_records_that_are_all_delivered_again_in_other_batches_are_one_item_each(make: Make) -> None:
    pipeline = make(BatchSize=7)
    pipeline.put([b"poison" if number % 10 == 3 else good(number) for number in range(100)])
    pipeline.settled()
    first = max(pipeline.scored_at())
    pipeline.close()
    pipeline.map(BatchSize=40)
    eventually(lambda: min(pipeline.scored_at()) > first)
    where = pipeline.settled()
    assert (len(where.items), len(where.parked), where.batches) == (90, 10, {})


def test_rows_without_a_number_and_rows_that_break_the_model_are_parked_alone(make: Make) -> None:
    pipeline = make()
    payloads = [good(number) for number in range(40)]
    payloads[7], payloads[30] = odd(7, NAN), odd(30, BREAKS)
    sequences = pipeline.put(payloads)
    where = pipeline.settled()
    assert where.parked == {sequences[7]: "score_not_finite", sequences[30]: "model_failed"}
    assert (len(where.items), where.batches) == (38, {})


@pytest.mark.parametrize("first", [BREAKS, ENDS])
def test_a_row_that_breaks_the_model_and_comes_alone_is_parked_and_holds_nothing_up(make: Make, first: int) -> None:
    pipeline = make()
    [alone] = pipeline.put([odd(1, first)])
    where = pipeline.settled()
    assert (where.parked, where.batches) == ({alone: "model_failed"}, {})
    pipeline.put([good(number) for number in range(3)])
    assert len(pipeline.settled().items) == 3


def test_a_batch_that_fails_whole_is_kept_by_lambda_and_replayed_when_its_cause_is_mended(
    make: Make, endpoint: str
) -> None:
    pipeline = make(endpoint="absent", MaximumRetryAttempts=1)
    pipeline.put([good(number) for number in range(20)])
    where = pipeline.settled()
    assert (len(where.batches), where.items, where.parked) == (20, {}, {})

    before = list(replay_failures(pipeline.failures, pipeline.functions, pipeline.name))
    assert {failure.reason for one in before for failure in one.failing} == {"not_scored"}
    assert len(pipeline.settled().batches) == 20

    pipeline.configure(ENDPOINT_NAME=endpoint)
    after = list(replay_failures(pipeline.failures, pipeline.functions, pipeline.name))
    assert sum(one.stored for one in after) == 20
    where = pipeline.settled()
    assert (len(where.items), where.batches) == (20, {})
    assert list(replay_failures(pipeline.failures, pipeline.functions, pipeline.name)) == []


def test_parked_poison_stays_parked_when_it_is_replayed(make: Make) -> None:
    pipeline = make()
    pipeline.put([b"poison", good(1)])
    pipeline.settled()
    (one,) = replay_failures(pipeline.failures, pipeline.functions, pipeline.name)
    assert (one.moved_to, one.failing[0].reason) == (None, "invalid_json")
    where = pipeline.settled()
    assert (len(where.parked), len(where.items)) == (1, 1)


def test_an_endpoint_that_is_down_for_ten_seconds_delays_records_and_loses_none(make: Make, proxy: FaultyProxy) -> None:
    began: list[float] = []

    def down(_request: Request, answered: Callable[[], Reply]) -> Reply:
        began.append(time.monotonic())
        if len(began) <= 4 or began[-1] - began[0] < 10:
            raise Gone
        return answered()

    proxy.spoiler = down
    pipeline = make(through_runtime(proxy))
    pipeline.put([good(number) for number in range(150)])
    where = pipeline.settled()
    assert (len(where.items), where.parked, where.batches) == (150, {}, {})
    assert proxy.requests > 4


def test_a_throttled_endpoint_is_asked_again(make: Make, proxy: FaultyProxy) -> None:
    proxy.spoiler = throttled = Times(5, lambda _request, _answered: refusal("ThrottlingException"))
    pipeline = make(through_runtime(proxy))
    pipeline.put([good(number) for number in range(150)])
    where = pipeline.settled()
    assert throttled.done
    assert (len(where.items), where.parked, where.batches) == (150, {}, {})


def test_a_score_that_is_not_finite_once_is_asked_for_again(make: Make, proxy: FaultyProxy) -> None:
    def without_a_number(_request: Request, answered: Callable[[], Reply]) -> Reply:
        reply = answered()
        return Reply(reply.status, b"nan\n" + reply.body.partition(b"\n")[2], reply.headers)

    proxy.spoiler = spoilt = Times(1, without_a_number)
    pipeline = make(through_runtime(proxy))
    pipeline.put([good(number) for number in range(50)])
    where = pipeline.settled()
    assert spoilt.done
    assert (len(where.items), where.parked, where.batches) == (50, {}, {})


def test_a_throttled_table_gets_every_item_in_the_end(make: Make, proxy: FaultyProxy) -> None:
    def partly(request: Request, _answered: Callable[[], Reply]) -> Reply:
        """Take a third of the items, and give the others back."""
        whole = json.loads(request.body)
        ((table, puts),) = whole["RequestItems"].items()
        taken = puts[: len(puts) // 3]
        if taken:
            body = json.dumps({"RequestItems": {table: taken}}).encode()
            assert Request(request.path, request.headers, body).forward(pipeline.stage.endpoint_url).status == 200
        return Reply(200, json.dumps({"UnprocessedItems": {table: puts[len(taken) :]}}).encode())

    turns = iter(range(1_000))

    def throttled(request: Request, answered: Callable[[], Reply]) -> Reply:
        return refusal("ProvisionedThroughputExceededException") if next(turns) % 2 else partly(request, answered)

    proxy.spoiler = spoilt = Times(16, throttled)
    pipeline = make(through_dynamodb(proxy))
    pipeline.put([good(number) for number in range(150)])
    where = pipeline.settled()
    assert spoilt.done
    assert (len(where.items), where.parked, where.batches) == (150, {}, {})


def test_a_function_that_is_killed_in_the_middle_of_a_batch_leaves_nothing_out(make: Make, proxy: FaultyProxy) -> None:
    inside, go_on = threading.Event(), threading.Event()
    writes = iter(range(1_000))

    def held(_request: Request, answered: Callable[[], Reply]) -> Reply:
        if next(writes) == 2:
            inside.set()
            go_on.wait(PATIENCE)
            raise Gone
        return answered()

    proxy.spoiler = held
    pipeline = make(through_dynamodb(proxy))
    pipeline.put([b"poison" if number == 40 else good(number) for number in range(100)])
    assert inside.wait(PATIENCE)
    eventually(lambda: pipeline.whereabouts().items)
    (worker,) = pipeline.workers()
    assert kill(worker)
    go_on.set()
    where = pipeline.settled()
    assert (len(where.items), list(where.parked.values()), where.batches) == (99, ["invalid_json"], {})
    assert pipeline.workers() != [worker]


def test_a_stream_that_is_split_meanwhile_loses_nothing(make: Make) -> None:
    pipeline = make(BatchSize=20)
    pipeline.put([good(number) for number in range(200)])
    (shard,) = pipeline.kinesis.list_shards(StreamName=pipeline.name)["Shards"]
    pipeline.kinesis.split_shard(
        StreamName=pipeline.name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(2**127)
    )
    pipeline.kinesis.get_waiter("stream_exists").wait(StreamName=pipeline.name, WaiterConfig={"Delay": 1})
    pipeline.put([b"poison" if number % 50 == 0 else good(number) for number in range(200, 400)])
    where = pipeline.settled()
    assert (len(where.items), len(where.parked), where.batches) == (396, 4, {})
