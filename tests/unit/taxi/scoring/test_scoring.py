"""A batch of trips: each ends delivered, parked, or waiting in the stream; and what the model does wrong parks none."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from datastreamer.taxi.model.fingerprint import PROBES, unregistered
from datastreamer.taxi.training.features import feature_hash
from tests.unit.inference.fakes import FakeEndpoint, client_error, event_records, model_error
from tests.unit.taxi.scoring.fakes import (
    BUDGET,
    FRESH_S,
    FakeFirehose,
    FakeThresholds,
    Function,
    by_the_mile,
    payload,
    prints,
    thresholds,
)

HOUR = 3600.0


def waiting(function: Function, payloads: Sequence[bytes]) -> tuple[list[int], list[int]]:
    """Places of the trips that wait and of those that are parked, once a batch was processed."""
    records = event_records(payloads)
    report = function.scorer.process(records, BUDGET)
    places = {record["eventID"]: place for place, record in enumerate(records)}
    return sorted(places[each] for each in report.failed), sorted(places[each] for each in report.parked)


def test_a_trip_is_scored_by_the_version_that_answered_and_its_rule() -> None:
    function = Function(table=FakeThresholds(thresholds("3", 9.0), thresholds("7", 5.0, floor=0.2, factor=0.02)))
    trips = [payload(0), payload(1, fare_amount=15.0), payload(2, fare_amount=-15.6)]
    assert waiting(function, trips) == ([], [])
    found = function.firehose.predictions
    assert [each["is_outlier"] for each in found] == [True, False, True]
    plain = found[0]
    # 3 + 5 dollars a mile over 2.4 miles; the rule allows 0.2 + 2 % of it.
    assert plain["predicted_fare"] == 15.0
    assert plain["residual"] == 15.6 - 15.0
    assert plain["threshold"] == 0.2 + 0.02 * 15.0
    assert {name: plain[name] for name in ("trip_id", "model_version", "rule", "feature_hash", "outlier")} == {
        "trip_id": "trip-000",
        "model_version": "7",
        "rule": "version",
        "feature_hash": feature_hash(),
        "outlier": 1,
    }
    assert (plain["event_time"], plain["event_date"]) == ("2025-01-15T13:45:00.000Z", "2025-01-15")
    assert plain["scored_at"] == "2025-10-15T08:30:01.123Z"
    assert plain["shard_id"] == "shardId-000000000006"


def test_a_batch_is_one_call_that_begins_with_the_probes() -> None:
    function = Function()
    assert waiting(function, [payload(number) for number in range(500)]) == ([], [])
    [body] = function.endpoint.bodies
    rows = body.split(b"\n")
    assert len(rows) == len(PROBES) + 500
    assert rows[0] == b"1.6,10.8,9.0,2.0,161.0,237.0,1.0"
    assert rows[2].endswith(b","), "a missing number is an empty field"
    assert function.firehose.sizes == [500]


def test_a_large_batch_is_several_calls_each_with_probes_of_its_own() -> None:
    function = Function(most_rows=3)
    assert waiting(function, [payload(number) for number in range(7)]) == ([], [])
    assert [body.count(b"\n") + 1 - len(PROBES) for body in function.endpoint.bodies] == [3, 3, 1]


def test_each_answer_of_a_canary_gets_the_rule_of_the_version_that_gave_it() -> None:
    scores = iter([by_the_mile(5.0)] * 7 + [by_the_mile(9.0)] * 7)

    def two_models(features: Sequence[str]) -> str:
        return next(scores)(features)

    endpoint = FakeEndpoint(model=two_models)
    table = FakeThresholds(thresholds("7", 5.0), thresholds("8", 9.0, floor=30.0))
    function = Function(endpoint, table, most_rows=3)
    assert waiting(function, [payload(number) for number in range(6)]) == ([], [])
    found = [(each["model_version"], each["threshold"] >= 30.0) for each in function.firehose.predictions]
    assert found == [("7", False)] * 3 + [("8", True)] * 3


def test_a_model_that_nobody_registered_scores_by_the_default_rule() -> None:
    function = Function(table=FakeThresholds(thresholds("7", 9.0)))
    assert waiting(function, [payload(0), payload(1, fare_amount=25.1)]) == ([], [])
    plain, dear = function.firehose.predictions
    assert plain["model_version"] == unregistered(prints(5.0))
    assert plain["model_version"].startswith("unregistered-")
    assert (plain["rule"], plain["threshold"], plain["is_outlier"]) == ("default", 10.0, False)
    assert dear["is_outlier"]


def test_a_record_that_is_no_trip_is_parked_wherever_it_stands() -> None:
    function = Function()
    poison = [b"\xff", payload(1, fare_amount="cheap"), b"{}"]
    assert waiting(function, [poison[0], payload(0), poison[1], payload(2), poison[2]]) == ([], [0, 2, 4])
    assert [each["trip_id"] for each in function.firehose.predictions] == ["trip-000", "trip-002"]
    parked = sorted(each["reason"] for each in function.bucket.objects.values())
    assert parked == ["invalid_fare_amount", "invalid_utf8", "missing_trip_id"]


@pytest.mark.parametrize(
    "fault",
    [
        client_error("ValidationError", message="Could not find endpoint"),
        client_error("AccessDeniedException"),
        client_error("ThrottlingException"),
        client_error("ServiceUnavailable", 503),
        model_error(400),
        model_error(500),
        model_error(0),
        b"1,2,3",
        b"1\n" * 9,
        b"nan\n" * 7,
        b"1\n1\n1\n1\n7\ninf\n7",
        b"[1,2]\n" * 7,
        b"<html>",
        b"",
    ],
    ids=str,
)
def test_a_fault_of_the_model_or_the_endpoint_leaves_the_trips_waiting(fault: Exception | bytes) -> None:
    function = Function(FakeEndpoint([fault] * 1000, by_the_mile(5.0)))
    assert waiting(function, [payload(0), b"poison", payload(2), payload(3)]) == ([0, 1, 2, 3], [])
    assert not function.firehose.lines
    assert not function.bucket.objects, "what stands behind a trip that waits is judged again with it"
    assert function.endpoint.calls > 1, "it is asked again while there is time"


def test_a_model_that_works_again_is_asked_again_in_the_same_batch() -> None:
    script = [model_error(500), b"nan\n" * 6, client_error("ValidationError", message="Could not find endpoint")]
    function = Function(FakeEndpoint(script, by_the_mile(5.0)))
    assert waiting(function, [payload(0), payload(1)]) == ([], [])
    assert function.endpoint.calls == 4


def test_what_was_scored_before_the_model_failed_is_delivered() -> None:
    function = Function(FakeEndpoint([None, *[model_error(500)] * 1000], by_the_mile(5.0)), most_rows=2)
    assert waiting(function, [payload(number) for number in range(6)]) == ([2, 3, 4, 5], [])
    assert [each["trip_id"] for each in function.firehose.predictions] == ["trip-000", "trip-001"]


def test_a_model_that_learned_other_features_is_not_believed() -> None:
    function = Function(table=FakeThresholds(thresholds("7", 5.0, feature_hash="ffffffffffffffff")))
    assert waiting(function, [payload(0)]) == ([0], [])
    assert not function.firehose.lines


class TestRules:
    def test_a_rule_that_somebody_changes_is_in_force_a_minute_later(self) -> None:
        function = Function(table=FakeThresholds(thresholds("7", 5.0, floor=30.0)))
        assert waiting(function, [payload(0, fare_amount=40.0)]) == ([], [])
        function.table.items = [thresholds("7", 5.0, floor=3.0).item()]
        assert waiting(function, [payload(1, fare_amount=40.0)]) == ([], [])
        function.time.seconds += FRESH_S
        assert waiting(function, [payload(2, fare_amount=40.0)]) == ([], [])
        assert [each["is_outlier"] for each in function.firehose.predictions] == [False, False, True]
        assert function.table.scans == 2

    def test_a_version_that_is_new_is_looked_for_at_once_and_one_that_is_in_no_item_not_again(self) -> None:
        function = Function(FakeEndpoint(model=by_the_mile(5.0)), FakeThresholds(thresholds("7", 9.0)))
        for _ in range(3):
            assert waiting(function, [payload(0)]) == ([], [])
        assert function.table.scans == 1
        function.table.items.append(thresholds("8", 4.0).item())
        function.endpoint._model = by_the_mile(4.0)
        assert waiting(function, [payload(1)]) == ([], [])
        assert function.firehose.predictions[-1]["model_version"] == "8"
        assert function.table.scans == 2

    def test_of_a_model_that_was_registered_twice_the_newest_version_is_meant(self) -> None:
        function = Function(table=FakeThresholds(thresholds("9", 5.0), thresholds("10", 5.0), thresholds("8", 5.0)))
        assert waiting(function, [payload(0)]) == ([], [])
        assert function.firehose.predictions[0]["model_version"] == "10"

    def test_a_rule_that_is_gone_leaves_the_default_one(self) -> None:
        function = Function()
        assert waiting(function, [payload(0)]) == ([], [])
        function.table.items = []
        function.time.seconds += FRESH_S
        assert waiting(function, [payload(0)]) == ([], [])
        assert [each["rule"] for each in function.firehose.predictions] == ["version", "default"]

    def test_a_rule_that_is_none_leaves_the_last_one_in_force_and_is_reported(self) -> None:
        function = Function()
        assert waiting(function, [payload(0)]) == ([], [])
        function.table.items = [{**function.table.items[0], "floor": "ten"}, {"model_version": "8"}]
        function.time.seconds += FRESH_S
        report = function.scorer.process(event_records([payload(1)]), BUDGET)
        assert "model version 8" in report.problem or "model version 7" in report.problem
        assert [each["threshold"] for each in function.firehose.predictions] == [3.5, 3.5]

    def test_while_the_table_cannot_be_read_known_versions_keep_their_rules(self) -> None:
        function = Function()
        assert waiting(function, [payload(0)]) == ([], [])
        function.table.script = [client_error("InternalServerError", 500)] * 100
        function.time.seconds += HOUR
        report = function.scorer.process(event_records([payload(1)]), BUDGET)
        assert "cannot be read" in report.problem
        assert [each["rule"] for each in function.firehose.predictions] == ["version", "version"]

    def test_while_the_table_cannot_be_read_trips_of_an_unknown_version_wait(self) -> None:
        failing = [client_error("AccessDeniedException")] * 1000
        function = Function(table=FakeThresholds(thresholds("7", 5.0), script=failing))
        assert waiting(function, [payload(0)]) == ([0], [])
        function.table.script = []
        assert waiting(function, [payload(0)]) == ([], [])
        assert [each["rule"] for each in function.firehose.predictions] == ["version"]


class TestDelivery:
    def test_what_firehose_refuses_is_put_again_alone(self) -> None:
        function = Function(firehose=FakeFirehose([(1, 3), (0,)]))
        assert waiting(function, [payload(number) for number in range(5)]) == ([], [])
        assert function.firehose.sizes == [5, 2, 1]
        assert sorted(each["trip_id"] for each in function.firehose.predictions) == [f"trip-00{n}" for n in range(5)]

    def test_a_request_has_500_records_at_most(self) -> None:
        function = Function()
        assert waiting(function, [payload(number) for number in range(1_001)]) == ([], [])
        assert function.firehose.sizes == [500, 500, 1]

    def test_what_firehose_never_takes_waits_and_the_rest_is_there(self) -> None:
        function = Function(firehose=FakeFirehose([(2,), *[(0,)] * 1000]))
        assert waiting(function, [payload(number) for number in range(4)]) == ([2], [])
        assert [each.trip_id for each in function.store.delivered] == ["trip-000", "trip-001", "trip-003"]

    @pytest.mark.parametrize("code", ["ServiceUnavailableException", "ThrottlingException"])
    def test_a_call_that_fails_for_now_is_repeated(self, code: str) -> None:
        function = Function(firehose=FakeFirehose([client_error(code, 503)] * 3))
        assert waiting(function, [payload(0)]) == ([], [])
        assert function.firehose.sizes == [1, 1, 1, 1]

    def test_a_delivery_stream_that_is_not_there_leaves_the_trips_waiting(self) -> None:
        function = Function(firehose=FakeFirehose([client_error("ResourceNotFoundException")] * 10))
        assert waiting(function, [payload(0), b"poison"]) == ([0, 1], [])
        assert function.firehose.sizes == [1]


def test_a_record_that_comes_twice_is_a_copy_of_the_same_trip() -> None:
    function = Function()
    assert waiting(function, [payload(0), payload(0)]) == ([], [])
    first, second = (json.loads(line) for line in function.firehose.lines)
    assert first["trip_id"] == second["trip_id"]
    assert first["sequence_number"] < second["sequence_number"]
