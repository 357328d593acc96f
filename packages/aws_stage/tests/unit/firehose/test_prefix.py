"""Prefix expressions and object keys, against the Developer Guide's own examples."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from aws_stage.engines.firehose.prefix import (
    PrefixError,
    check_error_prefix,
    check_prefix,
    error_object_prefix,
    object_prefix,
    object_suffix,
)
from hypothesis import given
from hypothesis import strategies as st

UTC_ZONE = ZoneInfo("UTC")
GUIDE_MOMENT = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefix", "evaluated"),
    [
        ("", "2018/08/27/10/"),
        ("myFirehosePrefix/", "myFirehosePrefix/2018/08/27/10/"),
        ("raw", "raw2018/08/27/10/"),
        ("!{timestamp:yyyy/MM/dd}", "2018/08/27"),
        (
            "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
            "myPrefix/year=2018/month=08/day=27/hour=10/",
        ),
        ("!{timestamp:'year='yyyy'/month='MM'/day='dd}/", "year=2018/month=08/day=27/"),
        ("a/!{timestamp:yyyy'-Q'Q}/b", "a/2018-Q3/b"),
    ],
)
def test_a_prefix_evaluates_at_the_oldest_arrival(prefix: str, evaluated: str) -> None:
    check_prefix(prefix)
    assert object_prefix(prefix, GUIDE_MOMENT, UTC_ZONE) == evaluated


def test_the_default_time_follows_a_prefix_without_a_timestamp_even_when_it_has_other_expressions() -> None:
    evaluated = object_prefix("rand=!{firehose:random-string}/", GUIDE_MOMENT, UTC_ZONE)
    assert re.fullmatch(r"rand=[0-9a-f-]{11}/2018/08/27/10/", evaluated)


def test_every_random_string_of_a_prefix_is_its_own() -> None:
    evaluated = object_prefix(
        "!{firehose:random-string}|!{firehose:random-string}|!{timestamp:yyyy}", GUIDE_MOMENT, UTC_ZONE
    )
    first, second, _ = evaluated.split("|")
    assert len(first) == len(second) == 11
    assert first != second


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "evaluated"),
    [
        ("", "myFirehoseFailures/!{firehose:error-output-type}/", "myFirehoseFailures/processing-failed/"),
        (
            "p/!{timestamp:yyyy}",
            "myFirehoseFailures/!{firehose:error-output-type}/!{timestamp:yyyy}/anyMonth/!{timestamp:dd}",
            "myFirehoseFailures/processing-failed/2018/anyMonth/27",
        ),
        ("myFirehosePrefix/", "", "myFirehosePrefix/processing-failed/2018/08/27/10/"),
        ("", "", "processing-failed/2018/08/27/10/"),
        ("", "errors/", "errors/"),
    ],
)
def test_an_error_prefix_evaluates_with_the_kind_of_failure(prefix: str, error_prefix: str, evaluated: str) -> None:
    check_error_prefix(prefix, error_prefix)
    assert error_object_prefix(prefix, error_prefix, "processing-failed", GUIDE_MOMENT, UTC_ZONE) == evaluated


def test_the_time_zone_moves_prefix_and_suffix() -> None:
    arrival = datetime(2026, 11, 20, 16, 5, 9, tzinfo=UTC)
    tokyo = ZoneInfo("Asia/Tokyo")
    assert object_prefix("", arrival, tokyo) == "2026/11/21/01/"
    assert object_suffix("fh", 3, arrival, tokyo, ".gz").startswith("fh-3-2026-11-21-01-05-09-")


def test_a_suffix_is_stream_version_time_uuid_and_extension() -> None:
    suffix = object_suffix("my-stream", 12, GUIDE_MOMENT, UTC_ZONE, ".json")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(rf"my-stream-12-2018-08-27-10-30-00-{uuid}\.json", suffix)


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        ("!{timestamp:yyyy", "only appear in"),
        ("!{}", "only appear in"),
        ("!{yyyy}", "only appear in"),
        ("!{time:yyyy}", "Invalid namespace 'time'"),
        ("!{firehose:error-output-type}/", "can't contain !{firehose:error-output-type}"),
        ("!{firehose:random}/", "Invalid value 'random'"),
        ("!{timestamp:yyyy-bb}/", "pattern letter 'b'"),
        ("!{timestamp:yyyy'}/", "no closing quote"),
        ("!{partitionKeyFromQuery:device}/", "dynamic partitioning"),
        ("!{partitionKeyFromLambda:device}/", "dynamic partitioning"),
    ],
)
def test_a_prefix_that_aws_refuses_is_refused(prefix: str, reason: str) -> None:
    with pytest.raises(PrefixError, match=re.escape(reason)):
        check_prefix(prefix)


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "reason"),
    [
        ("!{timestamp:yyyy}/", "", "cannot be null or empty"),
        ("", "errors/!{timestamp:yyyy}/", "at least one instance"),
        ("", "errors/!{firehose:error-output-type", "only appear in"),
    ],
)
def test_an_error_prefix_that_aws_refuses_is_refused(prefix: str, error_prefix: str, reason: str) -> None:
    with pytest.raises(PrefixError, match=re.escape(reason)):
        check_error_prefix(prefix, error_prefix)


@given(literal=st.text(st.characters(codec="utf-8", exclude_characters="!"), max_size=40), moment=st.datetimes())
def test_text_without_expressions_is_kept_and_dated(literal: str, moment: datetime) -> None:
    arrival = moment.replace(tzinfo=UTC, year=max(1000, moment.year))
    check_prefix(literal)
    assert object_prefix(literal, arrival, UTC_ZONE) == literal + arrival.strftime("%Y/%m/%d/%H/")


def test_a_prefix_may_have_512_characters_once_it_is_evaluated() -> None:
    check_prefix("!{timestamp:yyyy}" + "a" * 508)
    with pytest.raises(PrefixError, match="has 513 characters, and may have 512"):
        check_prefix("!{timestamp:yyyy}" + "a" * 509)
    with pytest.raises(PrefixError, match="may have 512"):
        check_error_prefix("", "a" * 513)
