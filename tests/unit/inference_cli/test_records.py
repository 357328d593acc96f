"""put-record and put-records."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datastreamer.aws import putting
from tests.unit.inference_cli.conftest import CommandLine

RECORD = '{"id": "sensor-001", "data": [25.5, 60.0, 1013.25]}'


@pytest.fixture
def stream(cli: CommandLine) -> str:
    cli.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    return "s"


def stored(cli: CommandLine) -> list[dict[str, Any]]:
    """Everything on stream ``s``."""
    kinesis = cli.client("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName="s")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="s", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += kinesis.get_records(ShardIterator=iterator, Limit=10_000)["Records"]
    return found


def lines(count: int) -> bytes:
    return b"".join(b'{"id": "d-%d", "data": [%d]}\n' % (number % 7, number) for number in range(count))


@pytest.mark.usefixtures("stream")
class TestPutRecord:
    def test_it_is_stored_as_it_is_under_its_id(self, cli: CommandLine) -> None:
        answer = cli.done("put-record", "s", RECORD)
        assert answer.out.startswith("stored sensor-001 in shardId-000000000000, sequence number ")
        [record] = stored(cli)
        assert (record["Data"].decode(), record["PartitionKey"]) == (RECORD, "sensor-001")

    def test_json_answers_shard_and_sequence_number(self, cli: CommandLine) -> None:
        document = cli.done("put-record", "s", RECORD, "--json").document
        [record] = stored(cli)
        assert document == {
            "stream": "s",
            "partition_key": "sensor-001",
            "shard_id": "shardId-000000000000",
            "sequence_number": record["SequenceNumber"],
        }

    def test_it_reads_a_file(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "record.json"
        file.write_text(RECORD + "\n")
        cli.done("put-record", "s", f"@{file}")
        assert [each["Data"].decode() for each in stored(cli)] == [RECORD]

    def test_it_reads_standard_input(self, cli: CommandLine) -> None:
        cli.done("put-record", "s", "-", stdin=RECORD.encode())
        assert [each["Data"].decode() for each in stored(cli)] == [RECORD]

    @pytest.mark.parametrize(
        ("data", "reason"), [("{", "invalid_json"), ('{"id": "a"}', "missing_data"), ("[1]", "not_an_object")]
    )
    def test_what_is_no_record_is_refused_with_its_reason(self, cli: CommandLine, data: str, reason: str) -> None:
        answer = cli("put-record", "s", data)
        assert answer.code == 2
        assert answer.err.startswith(f"error: that is no record ({reason}")
        assert "--raw" in answer.err
        assert stored(cli) == []

    def test_raw_sends_anything(self, cli: CommandLine) -> None:
        cli.done("put-record", "s", "poison", "--raw", "--partition-key", "k")
        assert [(each["Data"], each["PartitionKey"]) for each in stored(cli)] == [(b"poison", "k")]

    def test_an_id_too_long_for_a_partition_key_is_hashed(self, cli: CommandLine) -> None:
        cli.done("put-record", "s", json.dumps({"id": "x" * 300, "data": [1]}))
        [record] = stored(cli)
        assert len(record["PartitionKey"]) == 64

    def test_a_file_that_does_not_exist_is_one_line(self, cli: CommandLine) -> None:
        answer = cli("put-record", "s", "@nowhere.json")
        assert (answer.code, answer.err) == (1, "error: nowhere.json: No such file or directory\n")

    def test_a_missing_stream_is_one_line(self, cli: CommandLine) -> None:
        answer = cli("put-record", "ss", RECORD)
        assert answer.code == 2
        assert "there is no stream ss" in answer.err

    def test_a_dry_run_names_the_call(self, cli: CommandLine) -> None:
        assert cli.dry("put-record", "s", RECORD) == [
            ("kinesis.PutRecord", {"StreamName": "s", "Data": RECORD, "PartitionKey": "sensor-001"})
        ]


@pytest.mark.usefixtures("stream")
class TestPutRecords:
    def test_every_line_is_stored_in_requests_of_500(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "records.jsonl"
        file.write_bytes(lines(1_201))
        answer = cli.done("put-records", "s", str(file))
        assert answer.out == "done 1,201 records stored in 1 shard, 0 sent again, 0 lines not sent\n"
        assert [len(given["Records"]) for name, given in cli.calls if name == "PutRecords"] == [500, 500, 201]
        assert b"".join(each["Data"] + b"\n" for each in stored(cli)) == lines(1_201)

    def test_a_request_holds_5_mb_at_most(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "records.jsonl"
        file.write_bytes(b'{"id": "a", "data": [1], "note": "%s"}\n' % (b"x" * 900_000) * 7)
        cli.done("put-records", "s", str(file))
        assert [len(given["Records"]) for name, given in cli.calls if name == "PutRecords"] == [5, 2]

    def test_gzip_is_unpacked(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "records.jsonl.gz"
        file.write_bytes(gzip.compress(lines(3)))
        cli.done("put-records", "s", str(file))
        assert len(stored(cli)) == 3

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_standard_input_is_read(self, cli: CommandLine, pack: Callable[[bytes], bytes]) -> None:
        cli.done("put-records", "s", "-", stdin=pack(lines(3)))
        assert len(stored(cli)) == 3

    def test_unreadable_lines_are_told_by_number_and_not_sent(self, cli: CommandLine) -> None:
        data = b'{"id": "a", "data": [1]}\nnonsense\n\n{"id": "", "data": [1]}\n{"id": "b", "data": [NaN]}\n' + lines(1)
        answer = cli("put-records", "s", "-", stdin=data)
        assert answer.code == 1
        told = [line.split(":")[0:2] for line in answer.err.splitlines()]
        assert [line[0] for line in told] == ["line 2 not sent", "line 4 not sent", "line 5 not sent"]
        assert "2 records stored" in answer.out
        assert len(stored(cli)) == 2

    def test_unreadable_lines_in_json(self, cli: CommandLine) -> None:
        answer = cli("put-records", "s", "-", "--json", stdin=b"{}\n" + lines(2))
        assert answer.code == 1
        document = answer.document
        assert (document["stored"], document["lines"], document["state"]) == (2, 3, "done")
        assert [(each["line"], each["reason"]) for each in document["unreadable"]] == [(1, "missing_id")]
        assert answer.err == ""

    def test_a_line_too_long_for_a_record_is_told_and_its_neighbours_sent(self, cli: CommandLine) -> None:
        huge = b'{"id": "a", "data": [1], "note": "%s"}\n' % (b"x" * 3_000_000)
        answer = cli("put-records", "s", "-", stdin=lines(1) + huge + lines(1))
        assert answer.code == 1
        assert "line 2 not sent: record_too_large" in answer.err
        assert len(stored(cli)) == 2

    def test_a_last_line_without_an_end_counts(self, cli: CommandLine) -> None:
        cli.done("put-records", "s", "-", stdin=lines(2).rstrip())
        assert len(stored(cli)) == 2

    def test_raw_sends_every_line(self, cli: CommandLine) -> None:
        cli.done("put-records", "s", "-", "--raw", stdin=b"poison\n" + lines(1))
        assert next(each["Data"] for each in stored(cli)) == b"poison"

    def test_a_gzip_file_cut_off_sends_what_can_be_read_and_says_so(self, cli: CommandLine) -> None:
        answer = cli("put-records", "s", "-", stdin=gzip.compress(lines(1_000))[:-20])
        assert answer.code == 1
        assert "damaged_gzip" in answer.err

    def test_an_empty_file_sends_nothing(self, cli: CommandLine) -> None:
        assert "done 0 records stored" in cli.done("put-records", "s", "-").out

    def test_a_missing_stream_is_told_before_anything_is_read(self, cli: CommandLine) -> None:
        answer = cli("put-records", "nowhere", "-", stdin=lines(1))
        assert answer.code == 2
        assert "there is no stream nowhere" in answer.err

    def test_a_dry_run_names_each_request(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "records.jsonl"
        file.write_bytes(lines(501))
        calls = cli.dry("put-records", "s", str(file))
        assert [(name, len(given["Records"])) for name, given in calls] == [
            ("kinesis.PutRecords", 500),
            ("kinesis.PutRecords", 1),
        ]
        assert stored(cli) == []


class Throttled:
    """Answers PutRecords by refusing the records of the given places, request by request."""

    def __init__(self, *refused: set[int]) -> None:
        self.refused = list(refused)
        self.requests: list[list[bytes]] = []

    def __call__(self, params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        records = json.loads(params["body"])["Records"]
        self.requests.append([each["PartitionKey"] for each in records])
        places = self.refused.pop(0) if self.refused else set()
        results = [
            {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
            if place in places
            else {"ShardId": "shardId-0", "SequenceNumber": str(place)}
            for place in range(len(records))
        ]

        class Http:
            status_code = 200

        return Http(), {"Records": results, "FailedRecordCount": len(places)}


@pytest.fixture
def throttle(cli: CommandLine, monkeypatch: pytest.MonkeyPatch, stream: str) -> Callable[..., Throttled]:  # noqa: ARG001
    import boto3

    def use(*refused: set[int]) -> Throttled:
        answers = Throttled(*refused)
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("before-call.kinesis.PutRecords", answers)
        registered.append(answers)
        return answers

    registered: list[Throttled] = []
    yield use  # type: ignore[misc]
    for answers in registered:
        session: Any = boto3.DEFAULT_SESSION
        session.events.unregister("before-call.kinesis.PutRecords", answers)


def test_only_what_was_refused_is_sent_again(cli: CommandLine, throttle: Callable[..., Throttled]) -> None:
    answers = throttle({1, 2}, {0})
    data = b"".join(b'{"id": "k%d", "data": [1]}\n' % number for number in range(4))
    answer = cli.done("put-records", "s", "-", stdin=data)
    assert answers.requests == [["k0", "k1", "k2", "k3"], ["k1", "k2"], ["k1"]]
    assert "4 records stored in 1 shard, 3 sent again" in answer.out


def test_a_stream_that_goes_on_refusing_ends_with_what_is_stored(
    cli: CommandLine, throttle: Callable[..., Throttled]
) -> None:
    answers = throttle(*[{0}] * 50)
    answer = cli("put-records", "s", "-", stdin=lines(2))
    assert answer.code == 1
    assert len(answers.requests) == putting.ATTEMPTS
    assert "refuses 1 record after 12 attempts: ProvisionedThroughputExceededException" in answer.err
    assert answer.out.startswith("failed 1 record stored")


def test_ctrl_c_ends_after_the_request_under_way(
    cli: CommandLine, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_put = putting.put_all

    def put(*words: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        true_put(*words)

    monkeypatch.setattr("datastreamer.cli.inference.records.put_all", put)
    answer = cli("put-records", stream, "-", stdin=lines(1_300))
    assert answer.code == 130
    assert answer.out.startswith("interrupted 500 records stored")
    assert "stored up to line 500" in answer.out
    assert len(stored(cli)) == 500


def test_the_next_ctrl_c_ends_at_once(cli: CommandLine, stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("datastreamer.cli.inference.records.put_all", put)
    answer = cli("put-records", stream, "-", stdin=lines(3))
    assert answer.code == 130
    assert answer.out.endswith("stored up to line 0, the request under way perhaps\n")


def test_lines_are_read_from_a_pipe() -> None:
    from datastreamer.inference.lines import LineReader

    reader = LineReader(io.BytesIO(lines(2)), lambda _: None)
    assert [each.line for each in reader] == [1, 2]
