"""Records that the Kinesis Producer Library aggregated are delivered one by one."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.firehose.aggregation import user_records
from aws_stage.engines.firehose.destination import MIB
from aws_stage.engines.firehose.journal import Journal, JournalSource
from aws_stage.engines.firehose.records import Record
from unit.firehose.fakes import Crash, FakeLambda, Rig, destination

MAGIC = b"\xf3\x89\x9a\xc2"


def varint(number: int) -> bytes:
    head = b""
    while number > 127:
        head, number = head + bytes([number & 127 | 128]), number >> 7
    return head + bytes([number])


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def member(index: int, data: bytes) -> bytes:
    return field(3, varint(1 << 3) + varint(index) + field(3, data))


def aggregated(message: bytes) -> bytes:
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


KEYS = field(1, b"k0") + field(1, b"k1")
TWO = aggregated(KEYS + member(0, b"1\n") + member(1, b"2\n"))


def record(data: bytes) -> Record:
    return Record(data, 1.0, "shard-0", "49", "outer")


def delimited(**changes: Any) -> dict[str, Any]:
    processor = {"Type": "AppendDelimiterToRecord", "Parameters": []}
    return destination(ProcessingConfiguration={"Enabled": True, "Processors": [processor]}, **changes)


def test_each_record_has_its_own_key_and_place_and_the_last_ends_the_whole() -> None:
    assert user_records(record(TWO)) == [
        Record(b"1\n", 1.0, "shard-0", "49", "k0", 0, ends=False),
        Record(b"2\n", 1.0, "shard-0", "49", "k1", 1, ends=True),
    ]


def test_hash_keys_tags_and_fields_of_later_versions_are_passed_over() -> None:
    tagged = field(
        3, varint(1 << 3) + varint(1) + varint(2 << 3) + varint(0) + field(3, b"x") + field(4, field(1, b"t"))
    )
    later = varint(9 << 3) + varint(300) + varint(10 << 3 | 1) + b"8 bytes." + varint(11 << 3 | 5) + b"four"
    message = KEYS + field(2, b"170141183460469231731687303715884105728") + later + tagged + member(0, b"y" * 70_000)
    assert [(one.partition_key, len(one.data)) for one in user_records(record(aggregated(message)))] == [
        ("k1", 1),
        ("k0", 70_000),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        b'{"a":1}\n',
        aggregated(b""),
        TWO[:-1],
        TWO[:-1] + b"\0",
        b"x" + TWO,
        MAGIC + b"message" + b"0" * 16,
        aggregated(KEYS + member(2, b"1\n")),
        aggregated(KEYS + field(3, field(3, b"no key"))),
        aggregated(KEYS + field(3, varint(1 << 3) + varint(0))),
        aggregated(KEYS + member(0, b"1\n")[:-1]),
        aggregated(KEYS + b"\xff" * 11),
        aggregated(KEYS + varint(1 << 3 | 3)),
    ],
)
def test_what_is_not_whole_is_left_as_it_is(data: bytes) -> None:
    assert user_records(record(data)) == [record(data)]


def test_an_aggregated_record_spoils_nothing_before_or_behind_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path, delimited())
    for data in (b"before", TWO, b"behind", TWO[:-1] + b"!"):
        rig.kinesis.put(data)
    rig.run(61)
    assert rig.s3.bodies() == [b"before\n1\n\n2\n\nbehind\n" + TWO[:-1] + b"!\n"]


def test_what_is_put_directly_is_not_taken_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    rig = Rig(tmp_path, open_source=lambda checkpoints: JournalSource(journal, checkpoints))
    rig.stream = rig.direct()
    rig.restart()
    journal.append([TWO], rig.clock.seconds)
    rig.run(61)
    assert rig.s3.bodies() == [TWO]


def test_a_function_gets_the_records_one_by_one(tmp_path: Path) -> None:
    values = {"LambdaArn": "arn:aws:lambda:ap-northeast-1:000000000000:function:f", "BufferIntervalInSeconds": "1"}
    parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]
    processor = {"Type": "Lambda", "Parameters": parameters}
    rig = Rig(tmp_path, destination(ProcessingConfiguration={"Enabled": True, "Processors": [processor]}))
    rig.function = FakeLambda(
        lambda event: {"records": [{**item, "result": "Ok"} for item in event["records"]]},
    )
    rig.restart()
    rig.kinesis.put(TWO)
    rig.run(70)
    (event,) = rig.function.events
    assert [base64.b64decode(item["data"]) for item in event["records"]] == [b"1\n", b"2\n"]
    assert len({item["recordId"] for item in event["records"]}) == 2
    places = [item["kinesisRecordMetadata"] for item in event["records"]]
    assert [(place["subsequenceNumber"], place["partitionKey"]) for place in places] == [(0, "k0"), (1, "k1")]
    assert rig.s3.bodies() == [b"1\n2\n"]


def test_a_crash_between_two_records_of_one_loses_none(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(aggregated(KEYS + member(0, b"a" * MIB) + member(1, b"b" * 10)))
    rig.kinesis.put(b"c" * 10)
    puts: list[int] = []

    def crash_before_the_second_put() -> None:
        puts.append(1)
        if len(puts) == 2:
            raise Crash

    rig.s3.before = crash_before_the_second_put
    with pytest.raises(Crash):
        rig.run(61)
    assert [len(body) for body in rig.s3.bodies()] == [MIB]
    rig.s3.before = lambda: None
    (tmp_path / "spool").rename(tmp_path / "lost")
    rig.restart()
    rig.run(121)
    delivered = b"".join(rig.s3.bodies())
    assert delivered.count(b"b") == delivered.count(b"c") == 10
