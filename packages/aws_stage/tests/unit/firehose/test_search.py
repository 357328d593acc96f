"""Delivery to OpenSearch: what gets in, what is tried again, and what goes to S3."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.firehose.search.target import SearchTarget
from unit.firehose.fakes import Crash, Rig, search_destination

FAILED = "gold/AmazonOpenSearchService-failed/2026/11/20/08/fh-1-2026-11-20-08-30-00-"


def rig_of(path: Path, **changes: Any) -> Rig:
    return Rig(path, search=search_destination(**changes))


def put(rig: Rig, *numbers: int) -> None:
    for number in numbers:
        rig.kinesis.put(json.dumps({"n": number}).encode() + b"\n")


def numbers(rig: Rig) -> list[int]:
    return sorted(document["n"] for document in rig.domain.documents.values())


def failures(rig: Rig) -> list[dict[str, Any]]:
    bodies = [body for key, body in zip(rig.s3.keys(), rig.s3.bodies(), strict=True) if key.startswith(FAILED)]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.mark.parametrize(
    ("rotation", "arrival", "index"),
    [
        ("NoRotation", datetime(2016, 2, 25, 13, tzinfo=UTC), "trips"),
        ("OneHour", datetime(2016, 2, 25, 13, tzinfo=UTC), "trips-2016-02-25-13"),
        ("OneDay", datetime(2016, 2, 25, 13, tzinfo=UTC), "trips-2016-02-25"),
        ("OneMonth", datetime(2016, 2, 25, 13, tzinfo=UTC), "trips-2016-02"),
        ("OneWeek", datetime(2020, 8, 9, tzinfo=UTC), "trips-2020-w33"),
        ("OneWeek", datetime(2020, 8, 15, 23, 59, tzinfo=UTC), "trips-2020-w33"),
        ("OneWeek", datetime(2020, 8, 16, tzinfo=UTC), "trips-2020-w34"),
        ("OneWeek", datetime(2026, 12, 27, tzinfo=UTC), "trips-2027-w01"),
        ("OneWeek", datetime(2022, 1, 1, tzinfo=UTC), "trips-2022-w01"),
    ],
)
def test_an_index_is_named_by_the_utc_arrival_of_the_record(rotation: str, arrival: datetime, index: str) -> None:
    target = SearchTarget.from_config(search_destination(IndexRotationPeriod=rotation))
    assert target.index_at(arrival.timestamp()) == index


def test_each_record_becomes_one_document_of_its_day(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1, 2)
    rig.run(61)
    assert numbers(rig) == [1, 2]
    assert {index for index, _ in rig.domain.documents} == {"trips-2026-11-20"}
    assert rig.s3.puts == []


def test_all_documents_are_backed_up_as_they_came(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, S3BackupMode="AllDocuments")
    put(rig, 1, 2)
    rig.run(61)
    [key] = rig.s3.puts
    assert key.startswith("gold/2026/11/20/08/fh-1-2026-11-20-08-30-00-")
    assert rig.s3.bodies() == [b'{"n": 1}\n{"n": 2}\n']
    assert numbers(rig) == [1, 2]


def test_only_what_was_refused_for_now_is_put_again_and_under_its_id(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1, 2, 3)
    refusals = iter([429, 503, 500])
    rig.domain.judge = lambda _index, _id, document: next(refusals, 201) if document["n"] == 2 else 201
    rig.run(75)
    assert numbers(rig) == [1, 2, 3]
    assert [len(request) for request in rig.domain.requests] == [3, 1, 1, 1]
    assert len({each for request in rig.domain.requests[1:] for each in request}) == 1
    assert failures(rig) == []


@pytest.mark.parametrize("status", [429, 503, 403, 0])
def test_a_domain_that_is_down_for_a_while_gets_everything(tmp_path: Path, status: int) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1, 2)
    rig.domain.down = lambda: status if rig.clock.passed < 100 else None
    rig.run(99)
    assert numbers(rig) == []
    rig.run(10)
    assert numbers(rig) == [1, 2]
    assert failures(rig) == []


def test_what_is_not_in_when_the_retries_end_goes_to_s3_and_the_stream_goes_on(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1)
    rig.domain.judge = lambda _index, _id, document: 429 if document["n"] == 1 else 201
    rig.run(130)
    [line] = failures(rig)
    assert json.loads(base64.b64decode(line["rawData"])) == {"n": 1}
    assert (line["errorCode"], line["esIndexName"], line["esTypeName"]) == ("429", "trips-2026-11-20", "")
    assert json.loads(line["errorMessage"]) == {"type": "refused", "reason": "status 429"}
    assert line["attemptsMade"] > 5
    assert line["attemptEndingTimestamp"] - line["arrivalTimestamp"] >= 120_000
    assert line["esDocumentId"] == rig.domain.requests[0][0]
    put(rig, 2)
    rig.run(61)
    assert numbers(rig) == [2]


def test_a_retry_duration_of_zero_tries_once(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, RetryOptions={"DurationInSeconds": 0})
    put(rig, 1)
    rig.domain.down = lambda: 0
    rig.run(61)
    [line] = failures(rig)
    assert (line["attemptsMade"], line["errorCode"]) == (1, "OS.ServiceException")


def test_a_document_that_is_refused_for_good_fails_alone_and_at_once(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, S3BackupMode="AllDocuments")
    put(rig, 1, 2, 3)
    rig.domain.judge = lambda _index, _id, document: 400 if document["n"] == 2 else 201
    rig.run(61)
    assert numbers(rig) == [1, 3]
    [line] = failures(rig)
    assert (line["attemptsMade"], line["errorCode"]) == (1, "400")
    assert rig.s3.bodies()[0].count(b"\n") == 3, "the backup has it all the same"


def test_a_record_of_several_lines_is_no_document(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1)
    rig.kinesis.put(b'{\n"n": 2}')
    rig.run(61)
    assert numbers(rig) == [1]
    assert [base64.b64decode(line["rawData"]) for line in failures(rig)] == [b'{\n"n": 2}']


@pytest.mark.parametrize("moment", ["before the request", "after the request", "after it is noted"])
def test_a_crash_between_s3_and_opensearch_loses_nothing_and_keeps_ids(tmp_path: Path, moment: str) -> None:
    rig = rig_of(tmp_path, S3BackupMode="AllDocuments")
    put(rig, 1, 2)
    answer = type(rig.domain).__call__

    def crash(*_args: Any) -> Any:
        raise Crash

    def crash_after(domain: Any, arn: str, body: bytes) -> Any:
        answer(domain, arn, body)
        raise Crash

    if moment == "after it is noted":
        rig.outbox.close = crash  # type: ignore[method-assign]
    else:
        calls = {"before the request": crash, "after the request": crash_after}
        rig.domain.__class__ = type("Crashing", (type(rig.domain),), {"__call__": calls[moment]})
    with pytest.raises(Crash):
        rig.run(61)
    rig.domain.__class__ = type(rig.domain).__mro__[1] if moment != "after it is noted" else type(rig.domain)
    rig.restart()
    rig.run(1)
    assert numbers(rig) == [1, 2]
    assert len(rig.s3.puts) == 1, "the backup is not put again"
    put(rig, 3)
    rig.run(61)
    assert numbers(rig) == [1, 2, 3]


def test_a_spool_that_is_damaged_is_read_from_the_source_again_under_the_same_ids(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1)
    rig.domain.down = lambda: 0
    rig.run(61)
    [spooled] = (tmp_path / "spool").iterdir()
    spooled.write_bytes(b"[]")
    rig.domain.down = lambda: None
    rig.restart()
    rig.run(61)
    first = dict(rig.domain.documents)
    assert numbers(rig) == [1]
    rig.store.delete("checkpoint", "uid")
    rig.restart()
    rig.run(61)
    assert rig.domain.documents == first


def test_without_ids_opensearch_makes_them(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, DocumentIdOptions={"DefaultDocumentIdFormat": "NO_DOCUMENT_ID"})
    put(rig, 1)
    rig.run(61)
    assert [document_id for _, document_id in rig.domain.documents] == ["made-0"]


def test_metrics_count_documents(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, S3BackupMode="AllDocuments")
    put(rig, 1, 2, 3)
    rig.domain.judge = lambda _index, _id, document: 400 if document["n"] == 2 else 201
    rig.run(80)
    kind = "DeliveryToAmazonOpenSearchService"
    assert (rig.cloudwatch.total(f"{kind}.Records"), rig.cloudwatch.total(f"{kind}.Success")) == (2, 0)
    assert rig.cloudwatch.total("BackupToS3.Records") == 3


def test_a_crash_after_the_documents_are_in_neither_puts_them_again_nor_reports_a_failure_twice(tmp_path: Path) -> None:
    rig = rig_of(tmp_path)
    put(rig, 1, 2)
    rig.domain.judge = lambda _index, _id, document: 400 if document["n"] == 2 else 201

    def crash() -> None:
        raise Crash

    rig.s3.after = crash
    with pytest.raises(Crash):
        rig.run(61)
    rig.s3.after = lambda: None
    rig.restart()
    rig.run(1)
    assert len(rig.domain.requests) == 1
    assert len(failures(rig)) == 1
