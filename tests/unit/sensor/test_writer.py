"""The Kinesis writer: nothing lost, nothing counted twice, each key in order, whatever fails."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import pytest
from aws_stage.testing.waiting import PATIENCE, eventually
from botocore.exceptions import NoCredentialsError
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.putting import MAX_REQUEST_BYTES
from datastreamer.errors import ConfigurationError, InvalidRecordError, RetryableError
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES
from datastreamer.sensor.kinesis.pace import AdaptiveRate
from datastreamer.sensor.kinesis.record import Acknowledged, Record
from datastreamer.sensor.kinesis.writer import KinesisWriter, WriterAbortedError, WriterSettings
from tests.fake_kinesis import (
    EVERY_OTHER,
    FAILURES,
    INTERNAL_FAILURE,
    OK,
    SERVICE_DOWN,
    SHORT_ANSWER,
    THROTTLED,
    THROTTLED_WHOLE,
    TIMEOUT_AFTER_STORING,
    TIMEOUT_BEFORE_STORING,
    UNREACHABLE,
    FakeKinesis,
    client_error,
)

QUICK = Backoff(base=0.0005, cap=0.002, randomness=Random(1))


class Witness:
    """Remembers acknowledgements in the order in which the writer told them."""

    def __init__(self) -> None:
        self.told: list[Acknowledged] = []

    def __call__(self, acknowledged: Iterable[Acknowledged]) -> None:
        self.told.extend(acknowledged)


def open_writer(client: Any, witness: Witness, **settings: Any) -> KinesisWriter:
    return KinesisWriter(
        client,
        "stream",
        witness,
        WriterSettings(**settings),
        endpoint="http://nowhere",
        backoff=QUICK,
        rate=AdaptiveRate(floor=1e6),
    )


def write_all(client: Any, records: list[Record], **settings: Any) -> tuple[Witness, KinesisWriter]:
    witness = Witness()
    writer = open_writer(client, witness, **settings)
    writer.put(records)
    writer.close()
    return witness, writer


def numbered(keys: Iterable[str]) -> list[Record]:
    return [Record(key, b"%d" % number) for number, key in enumerate(keys)]


def order_of(records: Iterable[Record]) -> dict[str, list[bytes]]:
    order: dict[str, list[bytes]] = defaultdict(list)
    for record in records:
        order[record.key].append(record.data)
    return dict(order)


@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(st.sampled_from("abcde"), min_size=1, max_size=40),
    script=st.lists(st.sampled_from((OK, OK, *FAILURES)), max_size=12),
    in_flight=st.integers(1, 4),
)
def test_whatever_fails_every_record_is_stored_acknowledged_once_and_in_order(
    keys: list[str], script: list[str], in_flight: int
) -> None:
    kinesis, records = FakeKinesis(script), numbered(keys)
    witness, writer = write_all(kinesis, records, in_flight=in_flight)

    assert Counter(id(told.record) for told in witness.told) == Counter(id(record) for record in records)
    first_arrivals = {key: list(dict.fromkeys(stored)) for key, stored in kinesis.by_key().items()}
    assert first_arrivals == order_of(records)
    extra = len(kinesis.stored) - len(records)
    assert 0 <= extra <= writer.counts().uncertain
    assert writer.counts().buffered == 0
    assert writer.counts().in_flight == 0


def test_a_later_record_never_overtakes_an_earlier_one_that_is_retried() -> None:
    kinesis = FakeKinesis([EVERY_OTHER, THROTTLED, EVERY_OTHER, EVERY_OTHER])
    records = numbered("ababababcc")
    write_all(kinesis, records, in_flight=4)
    assert kinesis.by_key() == order_of(records), "definite refusals leave neither gaps, swaps nor copies"


def test_two_records_of_one_key_never_travel_together() -> None:
    kinesis = FakeKinesis()
    write_all(kinesis, numbered("a" * 10 + "b" * 10))
    for request in kinesis.requests:
        keys = [record["PartitionKey"] for record in request]
        assert len(keys) == len(set(keys))


def test_only_what_failed_is_sent_again() -> None:
    kinesis = FakeKinesis([EVERY_OTHER])
    _, writer = write_all(kinesis, numbered("abcdef"), in_flight=1)
    again = [record["PartitionKey"] for request in kinesis.requests[1:] for record in request]
    assert sorted(again) == ["a", "c", "e"]
    assert writer.counts().retried == 3
    assert writer.counts().throttled == 3
    assert writer.counts().failed == 3


@pytest.mark.parametrize("lost", [TIMEOUT_AFTER_STORING, SHORT_ANSWER])
def test_a_lost_answer_may_store_twice_but_is_acknowledged_once(lost: str) -> None:
    kinesis = FakeKinesis([lost])
    witness, writer = write_all(kinesis, [Record("a", b"x\ny\n", lines=2)])
    assert kinesis.stored == [("a", b"x\ny\n")] * 2
    assert len(witness.told) == 1
    assert writer.counts().uncertain == 2


@pytest.mark.parametrize(
    ("step", "uncertain"),
    [(UNREACHABLE, 0), (THROTTLED, 0), (TIMEOUT_BEFORE_STORING, 1), (SERVICE_DOWN, 1), (INTERNAL_FAILURE, 1)],
)
def test_only_a_failure_that_may_have_stored_counts_as_uncertain(step: str, uncertain: int) -> None:
    _, writer = write_all(FakeKinesis([step]), numbered("a"))
    assert writer.counts().uncertain == uncertain


def test_requests_keep_to_500_records() -> None:
    kinesis = FakeKinesis()
    write_all(kinesis, numbered(f"key-{number}" for number in range(1_300)), in_flight=1)
    assert max(len(request) for request in kinesis.requests) == 500
    assert len(kinesis.stored) == 1_300


def test_requests_keep_to_the_size_limit_with_their_keys() -> None:
    kinesis = FakeKinesis()
    records = [Record(f"{number:0200d}", bytes(900_000)) for number in range(13)]
    write_all(kinesis, records, in_flight=1, buffer_bytes=1 << 30)
    sizes = [sum(len(r["Data"]) + len(r["PartitionKey"]) for r in request) for request in kinesis.requests]
    assert max(sizes) <= MAX_REQUEST_BYTES
    assert max(sizes) > MAX_REQUEST_BYTES - 900_300, "a request is filled before the next one starts"


def test_a_record_above_the_limit_is_refused_with_its_size() -> None:
    Record("key", bytes(MAX_RECORD_BYTES - 3))
    with pytest.raises(InvalidRecordError, match=r"record_too_large: the record of 'key' has 1,024,001 bytes") as info:
        Record("key", bytes(MAX_RECORD_BYTES - 2))
    assert info.value.reason == "record_too_large"


@pytest.mark.parametrize("key", ["", "k" * 257])
def test_a_partition_key_that_kinesis_refuses_is_refused(key: str) -> None:
    with pytest.raises(InvalidRecordError, match="1 to 256 characters"):
        Record(key, b"x")


class SlowKinesis(FakeKinesis):
    """Answers only when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert self.gate.wait(PATIENCE)
        return super().put_records(StreamName=StreamName, Records=Records)


def test_a_full_buffer_holds_the_producer_back_until_there_is_room() -> None:
    kinesis, witness = SlowKinesis(), Witness()
    writer = open_writer(kinesis, witness, buffer_bytes=1_000)
    produced: list[int] = []

    def produce() -> None:
        for number in range(100):
            writer.put([Record(f"key-{number}", bytes(100))])
            produced.append(number)

    producer = threading.Thread(target=produce)
    producer.start()
    while len(produced) < 10:
        time.sleep(0.001)
    time.sleep(0.05)
    assert len(produced) <= 10, "10 records of 106 bytes fill 1,000 bytes"
    kinesis.gate.set()
    producer.join()
    writer.close()
    assert len(kinesis.stored) == 100


def test_several_requests_are_in_flight() -> None:
    class Meeting(FakeKinesis):
        """Every request waits until three are there."""

        def __init__(self) -> None:
            super().__init__()
            self.barrier = threading.Barrier(3, timeout=PATIENCE)

        def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
            self.barrier.wait()
            return super().put_records(StreamName=StreamName, Records=Records)

    kinesis, witness = Meeting(), Witness()
    writer = open_writer(kinesis, witness, in_flight=3)
    for number in range(3):
        writer.put([Record(f"key-{number}", bytes(10))])
        while number < 2 and writer.counts().in_flight < number + 1:
            time.sleep(0.001)
    writer.close()
    assert len(witness.told) == 3


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (client_error("ResourceNotFoundException"), "there is no stream stream. Create it"),
        (client_error("AccessDeniedException"), "not allowed to write to stream"),
        (client_error("KMSAccessDeniedException"), "kms:GenerateDataKey"),
        (client_error("ExpiredTokenException"), "Renew them"),
        (client_error("UnrecognizedClientException"), "does not accept the credentials"),
        (NoCredentialsError(), "Set AWS_PROFILE"),
    ],
)
def test_what_the_user_must_fix_stops_the_writer_at_once_and_says_so(error: Exception, message: str) -> None:
    kinesis = FakeKinesis([error] * 100)
    writer = open_writer(kinesis, Witness(), in_flight=1)
    writer.put(numbered("a"))
    with pytest.raises(ConfigurationError, match=message):
        writer.close()
    assert len(kinesis.requests) == 1
    assert writer.counts().buffered == 1
    assert writer.counts().in_flight == 0, "what was refused is known not to be stored"


def test_a_service_that_never_answers_is_given_up_soon() -> None:
    writer = open_writer(FakeKinesis([UNREACHABLE] * 10_000), Witness(), reach_within=0.05)
    writer.put(numbered("a"))
    with pytest.raises(ConfigurationError, match=r"cannot be reached at http://nowhere .*run `make up`"):
        writer.close()


@pytest.mark.parametrize("answer", [THROTTLED, THROTTLED_WHOLE, SERVICE_DOWN])
def test_a_service_that_is_busy_at_the_start_is_waited_for_beyond_the_time_to_reach_it(answer: str) -> None:
    witness = Witness()
    writer = open_writer(FakeKinesis([answer] * 40), witness, reach_within=0.0)
    writer.put(numbered("a"))
    writer.close()
    assert len(witness.told) == 1


def test_a_service_that_was_busy_and_then_cannot_be_reached_is_given_up_after_the_longer_limit() -> None:
    writer = open_writer(
        FakeKinesis([THROTTLED_WHOLE, *[UNREACHABLE] * 10_000]), Witness(), reach_within=0.0, give_up_after=0.05
    )
    writer.put(numbered("a"))
    with pytest.raises(RetryableError, match="nothing was acknowledged"):
        writer.close()


def test_an_outage_in_a_run_that_worked_is_sat_out() -> None:
    kinesis = FakeKinesis([OK, *[UNREACHABLE] * 40])
    writer = open_writer(kinesis, Witness(), reach_within=0.0)
    writer.put(numbered("a"))
    writer.flush()
    writer.put(numbered("b"))
    writer.close()
    assert [key for key, _ in kinesis.stored] == ["a", "b"]


def test_a_stream_that_throttles_for_ever_is_given_up_after_the_limit() -> None:
    writer = open_writer(FakeKinesis([THROTTLED] * 100_000), Witness(), give_up_after=0.05)
    writer.put(numbered("a"))
    with pytest.raises(RetryableError, match="nothing was acknowledged by stream for"):
        writer.close()


def test_an_abort_stops_a_waiting_producer_and_leaves_the_rest_unsent() -> None:
    kinesis = SlowKinesis()
    writer = open_writer(kinesis, Witness(), in_flight=1, buffer_bytes=100)

    def abort() -> None:
        eventually(lambda: writer.counts().in_flight)
        writer.abort_soon()

    aborting = threading.Thread(target=abort)
    aborting.start()
    with pytest.raises(WriterAbortedError):
        writer.put([Record(f"key-{number}", bytes(60)) for number in range(10)])
    aborting.join()
    writer.abort(grace=0.05)
    counts = writer.counts()
    assert counts.buffered == 2
    assert counts.in_flight >= 1, "its answer is still out"
    kinesis.gate.set()


def test_throttling_slows_all_requests_down_and_loses_nothing() -> None:
    clock = iter_clock()
    kinesis = FakeKinesis([THROTTLED])
    witness = Witness()
    writer = KinesisWriter(kinesis, "stream", witness, WriterSettings(in_flight=1), backoff=QUICK, clock=clock)
    writer.put(numbered(f"key-{number}" for number in range(40)))
    writer.close()
    assert len(witness.told) == 40
    sizes = [len(request) for request in kinesis.requests]
    assert writer.counts().throttled == sizes[0]
    assert max(sizes[1:]) < 40, "requests become smaller than what waits"


def iter_clock() -> Any:
    """A clock that moves on by 10 ms whenever somebody looks."""
    ticks: Iterator[int] = iter(range(10**9))
    lock = threading.Lock()

    def clock() -> float:
        with lock:
            return next(ticks) * 0.01

    return clock
