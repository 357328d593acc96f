"""Items: keys that name a record for ever, numbers to the last digit, sizes that DynamoDB takes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.inference.processing.attributes import ITEM_MAX_BYTES, attribute, item_bytes, number
from datastreamer.inference.processing.item import PREDICTION_BYTES, scored_item, sort_key, unscored_item
from datastreamer.inference.record import parse_record
from datastreamer.scoring.delivery import Delivery, Scored
from tests.unit.inference.fakes import ARRIVAL_MS, event_record

SEQUENCES = st.integers(0, 10**56 - 1).map(str)


def unscored(payload: bytes, ttl_days: int | None = None) -> Any:
    return unscored_item(Delivery.of(event_record(7, payload)), parse_record(payload), ttl_days)


def refusal(payload: bytes) -> str:
    with pytest.raises(InvalidRecordError) as caught:
        unscored(payload)
    return caught.value.reason


class TestSortKey:
    def test_is_iso_8601_of_the_arrival_time(self) -> None:
        key = sort_key(ARRIVAL_MS, "4959")
        assert datetime.fromisoformat(key) == datetime(2025, 10, 15, 8, 30, 0, 123_000, UTC)

    @settings(deadline=None)
    @given(
        st.tuples(st.integers(0, 2**42), SEQUENCES),
        st.tuples(st.integers(0, 2**42), SEQUENCES),
    )
    def test_sorts_as_arrival_time_then_sequence_number_do(self, one: tuple[int, str], two: tuple[int, str]) -> None:
        before = (one[0], int(one[1])) < (two[0], int(two[1]))
        assert (sort_key(*one) < sort_key(*two)) == before

    @settings(deadline=None)
    @given(st.integers(0, 2**42), st.integers(0, 10**70).map(str), st.integers(0, 10**70).map(str))
    def test_differs_for_different_records_of_one_millisecond(self, arrival: int, one: str, two: str) -> None:
        assert (sort_key(arrival, one) == sort_key(arrival, two)) == (one == two)

    def test_a_second_delivery_gives_the_same_key(self) -> None:
        one, two = (Delivery.of(event_record(3, b"x")) for _ in range(2))
        assert sort_key(one.arrival_ms, one.sequence_number) == sort_key(two.arrival_ms, two.sequence_number)

    @settings(deadline=None)
    @given(st.integers(0, 2**42))
    def test_the_arrival_time_survives_lambdas_float_seconds(self, arrival_ms: int) -> None:
        event = json.loads(json.dumps(event_record(1, b"x", arrival_ms)))
        assert Delivery.of(event).arrival_ms == arrival_ms


class TestNumbers:
    @settings(deadline=None)
    @given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
    def test_are_kept_exactly_as_number_or_as_text(self, value: Decimal | int) -> None:
        ((kind, text),) = number(value).items()
        assert Decimal(text) == value
        if kind == "N":
            # boto3's own deserializer traps what DynamoDB's numbers cannot hold.
            assert TypeDeserializer().deserialize({kind: text}) == value

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("25.5", "N"),
            ("-0.0", "N"),
            ("1" * 38, "N"),
            ("1" * 39, "S"),
            ("0." + "1" * 39, "S"),
            ("1" + "0" * 100, "N"),
            ("9.99e125", "N"),
            ("1e126", "S"),
            ("1e-130", "N"),
            ("9e-131", "S"),
            ("0e-400", "N"),
        ],
    )
    def test_beyond_38_digits_or_the_range_are_text(self, text: str, kind: str) -> None:
        assert list(number(Decimal(text))) == [kind]

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("25.50", "25.5"),
            ("60.0", "60"),
            ("100", "100"),
            ("-1.0", "-1"),
            ("1" + "0" * 100, "1E+100"),
            ("1E+2", "1E+2"),
        ],
    )
    def test_are_written_short(self, text: str, written: str) -> None:
        assert number(Decimal(text)) == {"N": written}


class TestInput:
    def test_is_the_whole_record_as_sent(self) -> None:
        item = unscored(b'{"id": "a", "data": [1.10, 2], "ok": true, "none": null, "deep": {"x": ["y", {}, []]}}')
        assert item["input"] == {
            "M": {
                "id": {"S": "a"},
                "data": {"L": [{"N": "1.1"}, {"N": "2"}]},
                "ok": {"BOOL": True},
                "none": {"NULL": True},
                "deep": {"M": {"x": {"L": [{"S": "y"}, {"M": {}}, {"L": []}]}}},
            }
        }

    def test_expires_only_with_a_ttl_and_counts_from_arrival(self) -> None:
        payload = b'{"id": "a", "data": [1]}'
        assert "expires_at" not in unscored(payload)
        assert unscored(payload, ttl_days=2)["expires_at"] == {"N": str(ARRIVAL_MS // 1000 + 2 * 86_400)}

    def test_larger_than_an_item_may_be_is_refused(self) -> None:
        assert refusal(json.dumps({"id": "a", "data": [1], "note": "x" * ITEM_MAX_BYTES}).encode()) == "item_too_large"
        assert unscored(json.dumps({"id": "a", "data": [1], "note": "x" * (ITEM_MAX_BYTES - 5_000)}).encode())

    def test_the_limit_that_it_names_is_the_one_that_was_passed(self) -> None:
        payload = json.dumps({"id": "a", "data": [1], "note": "x" * (ITEM_MAX_BYTES - 4_000)}).encode()
        with pytest.raises(InvalidRecordError) as refused:
            unscored(payload)
        said = [int(number.replace(",", "")) for number in re.findall(r"[\d,]{5,}", refused.value.detail)]
        assert said[0] > said[1] == ITEM_MAX_BYTES - PREDICTION_BYTES

    def test_deeper_than_dynamodb_nests_is_refused(self) -> None:
        def nested(levels: int) -> bytes:
            return b'{"id": "a", "data": [1], "n": ' + b"[" * levels + b"]" * levels + b"}"

        assert unscored(nested(31))
        assert refusal(nested(32)) == "nested_too_deep"

    def test_an_empty_name_is_refused(self) -> None:
        assert refusal(b'{"id": "a", "data": [1], "": 2}') == "invalid_name"

    def test_its_size_counts_names_and_utf_8(self) -> None:
        assert item_bytes({"pk": {"S": "é"}}) == 4
        assert item_bytes({"a": attribute({"b": ["c", None]})}) == 1 + 3 + (1 + 1) + 3 + (1 + 1) + (1 + 1)


class TestPrediction:
    def scored(self, *scores: str, threshold: float | None = None) -> Any:
        answer = Scored(tuple(map(Decimal, scores)), "blue")
        return scored_item(unscored(b'{"id": "a", "data": [1]}'), answer, threshold, 99)["prediction"]["M"]

    def test_of_one_score(self) -> None:
        assert self.scored("0.25") == {"score": {"N": "0.25"}, "variant": {"S": "blue"}, "scored_at": {"N": "99"}}

    def test_of_a_vector(self) -> None:
        prediction = self.scored("0.25", "0.75", threshold=0.5)
        assert prediction["scores"] == {"L": [{"N": "0.25"}, {"N": "0.75"}]}
        assert "label" not in prediction

    @pytest.mark.parametrize(("score", "label"), [("0.49999", "0"), ("0.5", "1"), ("0.9", "1")])
    def test_is_labelled_1_from_the_threshold_on(self, score: str, label: str) -> None:
        assert self.scored(score, threshold=0.5)["label"] == {"N": label}

    def test_a_vector_too_large_for_an_item_is_refused(self) -> None:
        with pytest.raises(InvalidRecordError, match="item_too_large"):
            self.scored(*["0.12345678901234567"] * 50_000)
