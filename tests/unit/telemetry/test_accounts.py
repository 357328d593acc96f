"""A turn's accounts must balance, and its report must say what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from datastreamer.errors import JobFailedError
from datastreamer.telemetry.accounts import LineCount, balance
from datastreamer.telemetry.job_report import log_line, metric_data
from datastreamer.telemetry.manifest import (
    COMMITTED,
    DataFile,
    IndexSegment,
    Manifest,
    ObjectCounts,
    RawObject,
)

OBJECTS = [RawObject("raw/a.gz", "e1", 10, "2025-10-15T08:00:00+00:00"), RawObject("raw/b.gz", "e2", 20, "t")]
A, B = "s3://bucket/raw/a.gz", "s3://bucket/raw/b.gz"
JUDGED = [
    LineCount(0, None, None, 5),
    LineCount(0, "invalid_json", None, 2),
    LineCount(1, None, "truncated", 0),
    LineCount(1, "truncated_line", None, 1),
]
FOUND: Mapping[str, Any] = {
    "judged": JUDGED,
    "dropped": {0: 1},
    "curated": {A: 4},
    "quarantined": {(A, "invalid_json"): 2, (B, "truncated_line"): 1},
}


def manifest(**fields: Any) -> Manifest:
    return Manifest(3, "jr_1", COMMITTED, 2, "start", "end", **fields)


def test_each_objects_lines_are_curated_quarantined_or_duplicates() -> None:
    first, second = balance("bucket", OBJECTS, **FOUND)
    assert first == ObjectCounts(A, "e1", 10, "2025-10-15T08:00:00+00:00", 7, 4, 1, {"invalid_json": 2}, None)
    assert second == ObjectCounts(B, "e2", 20, "t", 1, 0, 0, {"truncated_line": 1}, "truncated")


@pytest.mark.parametrize(
    "wrong",
    [
        {"curated": {A: 3}},
        {"curated": {A: 5}},
        {"curated": {B: 4}},
        {"dropped": {}},
        {"dropped": {1: 1}},
        {"quarantined": {(A, "invalid_json"): 2}},
        {"quarantined": {(A, "not_an_object"): 2, (B, "truncated_line"): 1}},
        {"quarantined": {**FOUND["quarantined"], (B, "empty_line"): 1}},
        {"judged": JUDGED[1:]},
    ],
    ids=str,
)
def test_accounts_that_do_not_balance_are_refused(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(JobFailedError, match="does not balance"):
        balance("bucket", OBJECTS, **{**FOUND, **wrong})


def test_a_manifest_survives_writing_and_reading_and_fields_of_later_versions() -> None:
    written = manifest(
        watermark="2025/10/15/08",
        objects=tuple(balance("bucket", OBJECTS, **FOUND)),
        files=(DataFile("s3://a/1", "s3://b/1", 9),),
        index=(IndexSegment("s3://a/index/", 4),),
        curated_by_day={"2025-10-15": 4},
    )
    text = written.to_json()
    assert Manifest.from_json(text) == written
    assert (
        Manifest.from_json(text.replace(b'"run_id"', b'"later":1,"run_id"').replace(b'"lines"', b'"x":[],"lines"'))
        == written
    )


def test_the_report_sums_the_turns() -> None:
    turns = [manifest(objects=tuple(balance("bucket", OBJECTS, **FOUND)))] * 2
    line = log_line("local", "jr_1", turns)
    assert {name: line[name] for name in ("objects", "bytes", "lines", "curated", "duplicates")} == {
        "objects": 4,
        "bytes": 60,
        "lines": 16,
        "curated": 8,
        "duplicates": 2,
    }
    assert line["quarantined"] == {"invalid_json": 4, "truncated_line": 2}
    assert line["corrupt_objects"] == {B: "truncated"}
    values = {
        (item["MetricName"], *(dimension["Value"] for dimension in item.get("Dimensions", ()))): item.get("Value")
        for item in metric_data("local", turns)
    }
    assert values == {
        ("RecordsRead", "local"): 16,
        ("RecordsCurated", "local"): 8,
        ("RecordsQuarantined", "local"): 6,
        ("RecordsQuarantined", "local", "invalid_json"): 4,
        ("RecordsQuarantined", "local", "truncated_line"): 2,
        ("DuplicatesDropped", "local"): 2,
        ("ObjectsRead", "local"): 4,
        ("CorruptObjects", "local"): 1,
        ("BytesRead", "local"): 60,
    }


def test_a_run_that_found_nothing_reports_zeros() -> None:
    assert log_line("local", "jr_1", [])["lines"] == 0
    assert {item.get("Value") for item in metric_data("local", [])} == {0}
