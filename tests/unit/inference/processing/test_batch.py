"""The conservation law of a batch: each record ends as an item, parked or reported, and as only one of these."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import RetryableError
from datastreamer.scoring.batch import BatchReport
from tests.unit.inference.fakes import (
    BUDGET,
    FakeBucket,
    FakeEndpoint,
    FakeTable,
    FakeTime,
    client_error,
    event_record,
    event_records,
    good,
    model_error,
    processor,
)

REFUSED, BREAKS, NAN = "666", "555", "444"
"""Features at which the model of these tests refuses a row, breaks, or has no number to say."""

PAYLOADS = {
    "good": good,
    "poison": lambda _number: b"\x80",
    "refused": lambda number: json.dumps({"id": f"r-{number}", "data": [int(REFUSED)]}).encode(),
    "breaks": lambda number: json.dumps({"id": f"b-{number}", "data": [int(BREAKS)]}).encode(),
    "nan": lambda number: json.dumps({"id": f"n-{number}", "data": [int(NAN)]}).encode(),
}


def moody(row: list[str]) -> str:
    if row[0] == REFUSED:
        raise model_error(400)
    if row[0] == BREAKS:
        raise model_error(500)
    return "nan" if row[0] == NAN else "0.5"


def endpoint_faults() -> st.SearchStrategy[Exception | None]:
    return st.sampled_from(
        [None, None, client_error("ThrottlingException"), model_error(500), client_error("ServiceUnavailable", 503)]
    )


def table_steps() -> st.SearchStrategy[Exception | int | None]:
    return st.sampled_from(
        [None, None, 1, 3, client_error("ThrottlingException"), client_error("ResourceNotFoundException")]
    )


class TestEveryRecordEndsInOnePlace:
    @settings(deadline=None)
    @given(
        kinds=st.lists(st.sampled_from(sorted(PAYLOADS)), max_size=30),
        endpoint=st.lists(endpoint_faults(), max_size=12),
        table=st.lists(table_steps(), max_size=6),
        bucket=st.lists(st.sampled_from([None, client_error("AccessDenied", 403)]), max_size=4),
        most_rows=st.sampled_from([3, 1000]),
    )
    def test_whatever_mix_and_whatever_fails(
        self, kinds: list[str], endpoint: list[Any], table: list[Any], bucket: list[Any], most_rows: int
    ) -> None:
        records = event_records([PAYLOADS[kind](number) for number, kind in enumerate(kinds)])
        stored, kept = FakeTable(table), FakeBucket(bucket)
        report = processor(FakeEndpoint(endpoint, moody), stored, kept, max_rows_per_call=most_rows).process(
            records, BUDGET
        )
        ids = [record["eventID"] for record in records]
        sequences = {item["kinesis_sequence"]["S"] for item in stored.items.values()}
        as_items = {event_id for event_id in ids if event_id.partition(":")[2] in sequences}
        parked = {body["record"]["eventID"] for body in kept.objects.values()}
        assert len(stored.items) == len(as_items) == report.stored
        assert parked == set(report.parked)
        assert as_items | parked | set(report.failed) == set(ids)
        assert len(as_items) + len(parked) + len(report.failed) == len(ids)

    @settings(deadline=None)
    @given(kinds=st.lists(st.sampled_from(["good", "poison", "refused", "nan"]), max_size=30))
    def test_when_nothing_fails_the_good_are_items_and_the_bad_are_parked(self, kinds: list[str]) -> None:
        records = event_records([PAYLOADS[kind](number) for number, kind in enumerate(kinds)])
        table = FakeTable()
        report = processor(FakeEndpoint(model=moody), table).process(records, BUDGET)
        assert report.failed == {}
        assert len(table.items) == kinds.count("good")
        assert report.parked_by_reason == {
            reason: kinds.count(kind)
            for kind, reason in (
                ("poison", "invalid_utf8"),
                ("refused", "refused_by_model"),
                ("nan", "score_not_finite"),
            )
            if kind in kinds
        }

    @settings(deadline=None)
    @given(
        kinds=st.lists(st.sampled_from(["good", "poison", "refused"]), min_size=1, max_size=12),
        cuts=st.lists(st.integers(0, 12), max_size=6),
        again=st.integers(0, 12),
    )
    def test_delivered_again_in_other_batches_it_is_still_one_item(
        self, kinds: list[str], cuts: list[int], again: int
    ) -> None:
        records = event_records([PAYLOADS[kind](number) for number, kind in enumerate(kinds)])
        table, bucket = FakeTable(), FakeBucket()
        work = processor(FakeEndpoint(model=moody), table, bucket)
        edges = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
        for first, last in pairwise(edges):
            work.process(records[first:last], BUDGET)
        work.process(records[again:], BUDGET)
        assert len(table.items) == kinds.count("good")
        assert len(bucket.objects) == len(kinds) - kinds.count("good")


@pytest.mark.parametrize("place", [0, 5, 9])
def test_poison_anywhere_leaves_its_neighbours_alone(place: int) -> None:
    payloads = [good(number) for number in range(10)]
    payloads[place] = b"{"
    endpoint, table = FakeEndpoint(), FakeTable()
    report = processor(endpoint, table).process(event_records(payloads), BUDGET)
    assert (len(table.items), report.parked_by_reason, report.failed) == (9, {"invalid_json": 1}, {})
    assert endpoint.calls == 1


def test_one_record_twice_in_a_batch_is_one_item() -> None:
    table = FakeTable()
    report = processor(table=table).process([event_record(1, good(1)), event_record(1, good(1))], BUDGET)
    assert (len(table.items), report.stored, report.failed) == (1, 1, {})


def test_a_bad_record_behind_the_first_failure_is_not_parked_yet() -> None:
    records = event_records([b"{", good(1), b"{"])
    bucket = FakeBucket()
    table = FakeTable([client_error("ResourceNotFoundException")])
    report = processor(table=table, bucket=bucket).process(records, BUDGET)
    assert [body["record"]["eventID"] for body in bucket.objects.values()] == [records[0]["eventID"]]
    assert list(report.failed) == [records[1]["eventID"], records[2]["eventID"]]


def test_what_was_scored_before_the_endpoint_went_down_is_stored() -> None:
    endpoint = FakeEndpoint([None] + [client_error("ServiceUnavailable", 503)] * 1000)
    table = FakeTable()
    report = processor(endpoint, table, max_rows_per_call=4).process(
        event_records([good(number) for number in range(10)]), BUDGET
    )
    assert (len(table.items), len(report.failed)) == (4, 6)
    assert report.retries > 0


def test_a_record_that_cannot_be_parked_is_delivered_again() -> None:
    records = event_records([good(0), b"{"])
    report = processor(bucket=FakeBucket([client_error("AccessDenied", 403)])).process(records, BUDGET)
    assert report.parked == {}
    assert "AccessDenied" in report.failed[records[1]["eventID"]].detail


def test_what_is_stored_behind_a_record_that_comes_again_is_not_settled_yet() -> None:
    bucket = FakeBucket([client_error("AccessDenied", 403)])
    report = processor(bucket=bucket).process(event_records([good(0), b"{", good(2), good(3)]), BUDGET)
    assert (report.stored, report.settled) == (3, 1)


def test_parking_is_tried_again_while_s3_is_slow() -> None:
    bucket = FakeBucket([client_error("SlowDown", 503), client_error("InternalError", 500)])
    report = processor(bucket=bucket).process(event_records([b"{"]), BUDGET)
    assert len(bucket.objects) == 1
    assert report.failed == {}


def test_parking_is_not_begun_when_it_could_not_end_in_time() -> None:
    time, bucket = FakeTime(), FakeBucket()
    slow = FakeTable()
    write = slow.batch_write_item

    def late(**request: Any) -> Any:
        time.sleep(BUDGET.parking)
        return write(**request)

    slow.batch_write_item = late  # type: ignore[method-assign]
    report = processor(table=slow, bucket=bucket, time=time).process(event_records([good(0), b"{"]), BUDGET)
    assert (len(slow.items), bucket.objects, len(report.failed)) == (1, {}, 1)


def test_json_is_spoken_when_it_is_configured() -> None:
    endpoint, table = FakeEndpoint(), FakeTable()
    processor(endpoint, table, content_type="application/json").process(event_records([good(1), good(2)]), BUDGET)
    assert json.loads(endpoint.bodies[0]) == {"instances": [{"features": [1, 1]}, {"features": [2, 1]}]}
    assert endpoint.requests[0]["Accept"] == "application/json"
    assert [item["prediction"]["M"]["score"] for item in table.items.values()] == [{"N": "2"}, {"N": "3"}]


def test_settling_names_only_what_must_come_again() -> None:
    report = processor(FakeEndpoint([client_error("ValidationError")])).process(event_records([b"{", good(1)]), BUDGET)
    first, second = (record["eventID"] for record in event_records([b"{", good(1)]))
    report.settle(first)
    with pytest.raises(RetryableError, match="ValidationError"):
        report.settle(second)


def test_a_log_names_the_first_problems_only() -> None:
    report = processor().process(event_records([b"{"] * 50), BUDGET)
    assert isinstance(report, BatchReport)
    assert len(report.failures()) == 50
    assert len(report.summary()["problems"]) == 20
