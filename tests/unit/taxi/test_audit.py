"""The audit of the taxis' history: each witness that says something else breaks a law, and names the place."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.audit.account import Evidence, Problem, TableRows, Verdict, reconcile
from datastreamer.taxi.audit.bronze_rows import count_rows
from datastreamer.taxi.bronze import BronzeObject, Listing
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.manifest import DataFile, Manifest, ObjectCounts

JANUARY = Month(2025, 1)
URI = "s3://raw/yellow/year=2025/month=01/yellow_tripdata_2025-01.parquet"
FILE = "s3://processed/taxi_trips/year=2025/month=01/000001-00000.zstd.parquet"
REJECTED = {"duplicate": 1, "outside_month": 2}


def manifest(**changes: Any) -> Manifest:
    made = ObjectCounts(source_object=URI, etag="e1", rows=10, silver=7, quarantined=REJECTED)
    return Manifest(
        month=str(JANUARY),
        sequence=1,
        run_id="run",
        contract=1,
        started_at="",
        ended_at="",
        objects=[replace(made, **changes)],
        files=[DataFile("s3://processed/staged", FILE, 500)],
        faults={},
    )


EXACT = Evidence(
    listing=Listing({JANUARY: [BronzeObject(URI, "e1", 900)]}, []),
    rows={URI: 10},
    manifests={JANUARY: manifest()},
    tables=TableRows(silver={URI: 7}, quarantined={URI: REJECTED}, misplaced={}, repeated={}),
    files={FILE: 500},
)


def verdict(**changes: Any) -> Verdict:
    return reconcile(replace(EXACT, **changes))


def broken(**changes: Any) -> Problem:
    """The one law that is broken."""
    [problem] = verdict(**changes).problems
    return problem


def test_the_law_holds_where_every_witness_says_the_same() -> None:
    found = verdict()
    assert found.holds
    assert found.document() == {
        "holds": True,
        "rows": 10,
        "silver": 7,
        "quarantined": 3,
        "quarantined_by_reason": REJECTED,
        "files": [{"month": "2025-01", "source_object": URI, "rows": 10, "silver": 7, "quarantined": REJECTED}],
        "problems": [],
    }


def test_a_row_that_is_in_no_table_breaks_the_law_and_names_the_file() -> None:
    problem = broken(rows={URI: 11})
    assert (problem.law, problem.place) == ("rows = silver + quarantine", URI)
    assert problem.found == "11 rows; 7 trips and 3 rejected"
    assert not verdict(rows={URI: 11}).holds


def test_a_row_that_is_in_both_tables_breaks_the_law() -> None:
    tables = replace(EXACT.tables, silver={URI: 8})
    assert broken(tables=tables).found == "10 rows; 8 trips and 3 rejected"


def test_rows_that_changed_their_table_are_found_though_their_sum_is_right() -> None:
    tables = replace(EXACT.tables, silver={URI: 8}, quarantined={URI: {"duplicate": 1, "outside_month": 1}})
    assert broken(tables=tables).law == "the tables have what the job wrote"


def test_a_file_that_the_job_has_not_made_yet_is_not_proven() -> None:
    found = reconcile(replace(EXACT, manifests={}, tables=TableRows({}, {}, {}, {}), files={}))
    assert [problem.found for problem in found.problems] == ["new; datastreamer taxi silver makes it"]


def test_a_file_that_was_replaced_since_is_not_proven() -> None:
    listing = Listing({JANUARY: [BronzeObject(URI, "e2", 900)]}, [])
    assert broken(listing=listing).found.startswith("another content than the tables were made of")


def test_rows_of_a_file_that_bronze_has_no_more_are_found() -> None:
    other = "s3://raw/yellow/year=2024/month=12/gone.parquet"
    tables = replace(EXACT.tables, silver={URI: 7, other: 4})
    assert broken(tables=tables) == Problem(
        "every row of the tables is in bronze", other, "4 rows of a file that bronze has not"
    )


@pytest.mark.parametrize(
    ("changes", "law", "found"),
    [
        ({"files": {}}, "the tables' files are those that the job published", "it is gone"),
        ({"files": {FILE: 499}}, "the tables' files are those that the job published", "it has 499 bytes and not 500"),
        (
            {"files": {FILE: 500, f"{FILE}.copy": 500}},
            "the tables' files are those that the job published",
            "no run has published it",
        ),
        (
            {"tables": replace(EXACT.tables, misplaced={"2025-01": 2})},
            "a trip is in the month of its pick-up",
            "2 trips of another month",
        ),
        (
            {"tables": replace(EXACT.tables, repeated={"2025-01": 1})},
            "each trip is there once",
            "1 trips more than ids",
        ),
        (
            {"listing": Listing(EXACT.listing.months, ["s3://raw/yellow/x.csv"])},
            "an object that lies in no month's folder is not read",
            "move it",
        ),
    ],
)
def test_what_lies_where_it_should_not_is_found(changes: dict[str, Any], law: str, found: str) -> None:
    problem = broken(**changes)
    assert (problem.law, problem.found) == (law, found)


def test_an_empty_bronze_proves_nothing() -> None:
    assert not verdict(listing=Listing({}, []), rows={}, manifests={}, tables=TableRows({}, {}, {}, {}), files={}).holds


# ----- counting


def put(key: str, body: bytes) -> BronzeObject:
    s3 = boto3.client("s3", region_name="ap-northeast-1")
    etag = s3.put_object(Bucket="raw", Key=key, Body=body)["ETag"].strip('"')
    return BronzeObject(f"s3://raw/{key}", etag, len(body))


def parquet(rows: int, columns: int = 1, group: int | None = None) -> bytes:
    body = io.BytesIO()
    table = pa.table({f"c{number}": range(rows) for number in range(columns)})
    pq.write_table(table, body, row_group_size=group)
    return body.getvalue()


@pytest.fixture
def s3() -> Any:
    with mock_aws():
        client = boto3.client("s3", region_name="ap-northeast-1")
        client.create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        yield client


def test_rows_are_counted_from_the_files_themselves(s3: Any) -> None:
    small, large = put("a.parquet", parquet(7)), put("b.parquet", parquet(3_000, columns=20, group=20))
    footer = int.from_bytes(parquet(3_000, columns=20, group=20)[-8:-4], "little")
    assert footer > 64 * 1024, "the footer must not fit into the first request"
    lines = put("c.CSV", b"a,b\r\n1,2\r\n\r\n3,4\r\n5,6")
    done: list[int] = []
    assert count_rows(s3, [small, large, lines], done.append) == {small.uri: 7, large.uri: 3_000, lines.uri: 3}
    assert done == [1, 2, 3]


@pytest.mark.parametrize("name", ["x.parquet", "x.txt"])
def test_an_object_that_cannot_be_counted_is_named(s3: Any, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"s3://raw/{name} is "):
        count_rows(s3, [put(name, b"PAR1 and no more PAR1")])


def test_an_object_that_was_replaced_while_it_was_counted_is_not_taken_for_the_listed_one(s3: Any) -> None:
    listed = put("a.parquet", parquet(7))
    put("a.parquet", parquet(8))
    with pytest.raises(s3.exceptions.ClientError, match="PreconditionFailed"):
        count_rows(s3, [listed])
