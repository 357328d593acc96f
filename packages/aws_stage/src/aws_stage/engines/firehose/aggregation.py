"""Takes records apart that the Kinesis Producer Library aggregated, as Firehose does with those of a data stream.

Kinesis Data Streams Developer Guide, "Use the KPL with Amazon Data Firehose". The format is the KPL's "Aggregated
Record Format": a magic number, a message of Protocol Buffers (proto2), and the message's MD5.

    AggregatedRecord: 1 partition_key_table, 2 explicit_hash_key_table (repeated string), 3 records (repeated Record)
    Record: 1 partition_key_index (uint64), 2 explicit_hash_key_index, 3 data (bytes), 4 tags

A record that is not whole (another checksum, a message that is empty or breaks off) is not an aggregated one, and
delivered as it is: so does the Kinesis Client Library. Own code, for AWS's library (aws_kinesis_agg) is of 2022 and
would bring Protocol Buffers along for two messages of seven fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from aws_stage.engines.firehose.records import Record

_MAGIC: Final = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES: Final = 16
_PARTITION_KEYS, _RECORDS = 1, 3
_KEY_INDEX, _DATA = 1, 3
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_VARINT_BYTES: Final = 10


class _MalformedError(ValueError):
    """The message is not one of the format."""


def user_records(record: Record) -> list[Record]:
    """The records that ``record`` holds, in order; ``record`` alone when it is not an aggregated one."""
    message, digest = record.data[len(_MAGIC) : -_DIGEST_BYTES], record.data[-_DIGEST_BYTES:]
    whole = len(record.data) > len(_MAGIC) + _DIGEST_BYTES and record.data.startswith(_MAGIC)
    if not whole or hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return [record]
    try:
        found = _records(message)
    except _MalformedError:
        return [record]
    return [
        record._replace(data=data, partition_key=key, subsequence=number, ends=number == len(found) - 1)
        for number, (key, data) in enumerate(found)
    ]


def _records(message: bytes) -> list[tuple[str, bytes]]:
    """Partition key and data of each record of the message."""
    keys: list[str] = []
    records: list[tuple[int, bytes]] = []
    for number, value in _fields(message):
        if number == _PARTITION_KEYS and isinstance(value, bytes):
            keys.append(value.decode("utf-8", "replace"))
        elif number == _RECORDS and isinstance(value, bytes):
            held = dict(_fields(value))
            index, data = held.get(_KEY_INDEX), held.get(_DATA)
            if not isinstance(index, int) or not isinstance(data, bytes):
                raise _MalformedError("a record lacks its key or its data")
            records.append((index, data))
    if any(index >= len(keys) for index, _ in records):
        raise _MalformedError("a record has a key that is not in the table")
    return [(keys[index], data) for index, data in records]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; raises _MalformedError."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise _MalformedError(f"wire type {kind}")
        if size > len(message) - position:
            raise _MalformedError("it breaks off")
        yield number, message[position : position + size]
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """The number at ``position``, and the position after it."""
    value = 0
    for shift, byte in enumerate(message[position : position + _VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:  # the last byte of a number lacks this bit
            return value, position + shift + 1
    raise _MalformedError("a number does not end")
