"""Counting lines from an object's bytes."""

from __future__ import annotations

import gzip
import random

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from datastreamer.aws.s3_location import S3Location
from datastreamer.events.digest import id_hash
from datastreamer.telemetry.audit.raw import count_all, count_lines
from datastreamer.telemetry.new_objects import list_objects

LINES = b"".join(b'{"event_id": "%d"}\n' % number for number in range(1000))


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


CONTENTS: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 0),
    "an empty line": (b"\n", 0),
    "no line end": (b"a", 1),
    "one line": (b"a\n", 1),
    "no last line end": (b"a\nb", 2),
    "CR LF": (b"a\r\nb\r\n", 2),
    "empty lines": (b"\n\n\n", 0),
    "records that end in a newline, with one more": (b"a\nb\n\nc\n\n", 3),
    "the same with CR LF": (b"a\r\n\nb\r\n\n", 2),
    "blanks": (b" \n\t\n", 2),
    "gzip of nothing": (gzip.compress(b""), 0),
    "gzip": (gzip.compress(LINES), 1000),
    "gzip with no last line end": (gzip.compress(LINES[:-1]), 1000),
    "two members": (gzip.compress(b"a\n") + gzip.compress(b"b\n"), 2),
    "a line over two members": (gzip.compress(b"a") + gzip.compress(b"b\n"), 1),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_lines_are_counted_whatever_the_chunks(content: str, size: int) -> None:
    data, lines = CONTENTS[content]
    assert count_lines(chunked(data, size)) == lines


def test_lines_that_are_identified_are_as_many_as_those_that_are_counted() -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        bodies = {name: data for name, (data, _) in CONTENTS.items()}
        bodies["cut off"] = gzip.compress(LINES)[:-100]
        for name, data in bodies.items():
            s3.put_object(Bucket="lake", Key=f"raw/{name}", Body=data)
        objects = list(list_objects(s3, S3Location("lake", "raw/")))
        counted = count_all(s3, "lake", objects)
        identified = count_all(s3, "lake", objects, identify=lambda _: True)
    assert identified.lines == counted.lines
    assert len(identified.identities.lines) == sum(counted.lines.values()) > 2_000
    assert len(counted.identities.lines) == 0
    assert set(identified.identities.ids.tolist()) == {id_hash(b"%d" % number) for number in range(1000)}


def test_of_a_truncated_object_the_readable_part_counts() -> None:
    noise = random.Random(7)
    content = b"".join(b"%032x\n" % noise.getrandbits(128) for _ in range(2000))
    whole = gzip.compress(content)
    lines = count_lines([whole[: len(whole) // 2]])
    assert 500 < lines < 1500


def test_of_a_corrupt_object_what_precedes_the_fault_counts_in_any_chunking() -> None:
    noise = random.Random(7)
    content = b"".join(b"%032x\n" % noise.getrandbits(128) for _ in range(5000))
    damaged = bytearray(gzip.compress(content))
    damaged[len(damaged) // 2 : len(damaged) // 2 + 64] = b"\xff" * 64
    counts = {count_lines(chunked(bytes(damaged), size)) for size in (1, 1000, len(damaged))}
    assert len(counts) == 1
    assert counts.pop() > 1000


@given(st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), max_size=50), st.booleans())
def test_as_many_lines_as_were_joined(lines: list[bytes], terminated: bool) -> None:
    data = b"".join(line + b"\n" for line in lines)
    if lines and not terminated and lines[-1]:
        data = data[:-1]
    assert count_lines([gzip.compress(data)]) == sum(1 for line in lines if line not in (b"", b"\r"))


def test_a_key_that_ends_in_a_slash_is_a_folder_marker_only_when_empty() -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        for key, body in (("raw/a/", b""), ("raw/b/", b"line\n"), ("raw/c", b"")):
            s3.put_object(Bucket="lake", Key=key, Body=body)
        assert [item.key for item in list_objects(s3, S3Location("lake", "raw/"))] == ["raw/b/", "raw/c"]
