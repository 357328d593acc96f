"""A turn's accounts must balance, and its report must say what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError, JobFailedError
from datastreamer.events.reading import CONFLICTING_EVENT_ID
from datastreamer.telemetry.job.accounts import LineCount, balance
from datastreamer.telemetry.job.report import log_line, metric_data
from datastreamer.telemetry.manifest import (
    COMMITTED,
    DamagedManifestError,
    DataFile,
    IndexSegment,
    Manifest,
    ObjectCounts,
    RawObject,
    manifest_of,
)

OBJECTS = [RawObject("raw/a.gz", "e1", 10, "2025-10-15T08:00:00+00:00"), RawObject("raw/b.gz", "e2", 20, "t")]
A, B = "s3://bucket/raw/a.gz", "s3://bucket/raw/b.gz"
VALIDATED = [
    LineCount(0, None, None, 5),
    LineCount(0, "invalid_json", None, 2),
    LineCount(1, None, "truncated", 0),
    LineCount(1, "truncated_line", None, 1),
]
FOUND: Mapping[str, Any] = {
    "validated": VALIDATED,
    "dropped": {0: 1},
    "curated": {A: 4},
    "quarantined": {(A, "invalid_json"): 2, (B, "truncated_line"): 1},
}


PLACE = "s3://bucket/state/manifests/000000000003.json"


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
        {"validated": VALIDATED[1:]},
        {"conflicting": {0: 1}},
    ],
    ids=str,
)
def test_accounts_that_do_not_balance_are_refused(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(JobFailedError, match="does not balance"):
        balance("bucket", OBJECTS, **{**FOUND, **wrong})


def test_a_valid_reading_under_a_used_id_is_accounted_for_in_the_quarantine() -> None:
    quarantined = {**FOUND["quarantined"], (A, CONFLICTING_EVENT_ID): 3}
    found = {**FOUND, "curated": {A: 1}, "conflicting": {0: 3}, "quarantined": quarantined}
    first, _ = balance("bucket", OBJECTS, **found)
    assert (first.lines, first.curated, first.duplicates) == (7, 1, 1)
    assert first.quarantined == {CONFLICTING_EVENT_ID: 3, "invalid_json": 2}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (manifest().to_json()[:-30], "it is no whole manifest"),
        (b"", "it is no whole manifest"),
        (b"[]", "it is no whole manifest"),
        (b"{}", "it is no whole manifest"),
        (manifest().to_json().replace(b"jr_1", b"jr_2"), "it was changed since it was written"),
        (manifest().to_json().replace(b'"objects":[]', b'"objects":[{}]'), "it is no whole manifest"),
    ],
)
def test_a_damaged_manifest_is_named_with_what_to_do(text: bytes, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{PLACE} is damaged: {problem}.*list-object-versions"):
        manifest_of(text, PLACE)


def test_a_manifest_of_another_turn_is_named() -> None:
    assert manifest_of(manifest().to_json(), PLACE) == manifest()
    with pytest.raises(DamagedManifestError, match="is the one of turn 3"):
        manifest_of(manifest().to_json(), PLACE.replace("3.json", "4.json"))


def test_manifests_of_earlier_versions_are_read() -> None:
    content = json.loads(manifest(files=(DataFile("s3://a/1", "s3://b/1", 9),)).to_json())
    del content["checksum"], content["files"][0]["sha256"], content["files"][0]["rows"]
    (file,) = manifest_of(json.dumps(content).encode(), PLACE).files
    assert (file.sha256, file.rows) == ("", None)


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
        ("CrashedObjects", "local"): 0,
        ("BytesRead", "local"): 60,
    }


def test_a_run_that_found_nothing_reports_zeros() -> None:
    assert log_line("local", "jr_1", [])["lines"] == 0
    assert {item.get("Value") for item in metric_data("local", [])} == {0}
