"""Every kind of file below the state folder: how it is written, so how it is judged, and what it holds, in words."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass


class Kind(enum.Enum):
    """How a file comes to be, and so what can be known of it beforehand."""

    REPLACED = "written aside, then put in place: its size and checksum are known, and all of it is read at start"
    BODY = "likewise, but large: its size is judged at start, its bytes whenever it is read"
    APPENDED = "grows: at least what was acknowledged must be there; its frames have checksums of their own"
    DATABASE = "SQLite with a digest of its rows, DuckDB with checksums of its blocks, or ArcadeDB's list of its files"
    DERIVED = "made again from other files when it is missing or damaged"


@dataclass(frozen=True)
class Content:
    """``held`` completes "this file held …"; ``lost`` is what a stage without it starts with."""

    kind: Kind
    held: str
    lost: str = "the stage starts without that"


_SETTINGS_LOST = "those are gone, what other files keep for them must be given up too"
_RULES: tuple[tuple[str, Kind, str, str], ...] = (
    (r"manifest\.sqlite|manifest\.lengths", Kind.DERIVED, "the list of what must be there", ""),
    (
        r"ministack/lambda-blobs/.*",
        Kind.REPLACED,
        "the code of a Lambda function",
        "the function fails until its code is put again",
    ),
    (
        r"ministack/s3\.json",
        Kind.REPLACED,
        "the settings of the S3 buckets",
        "buckets keep their objects and have no settings",
    ),
    (r"ministack/(?P<name>.*)\.json", Kind.REPLACED, "the resources and settings of {name}", _SETTINGS_LOST),
    (r"(?:(?:engines|sqs|dynamodb)/)?[^/]*\.sqlite-[a-z]*", Kind.DERIVED, "what SQLite makes again", ""),
    (r"kinesis/[^/]*\.deleted/.*", Kind.DERIVED, "a Kinesis stream that was deleted", ""),
    (r"kinesis/.*\.(?:idx|gap)", Kind.DERIVED, "an index of records, or where some were given up", ""),
    (r"engines/firehose-spool/.*", Kind.DERIVED, "an object that a delivery stream is about to put", ""),
    (
        r"engines/firehose-journal/[^/]*/\d{20}\.log",
        Kind.APPENDED,
        "records put to a delivery stream",
        "those not yet in S3 are gone",
    ),
    (r"engines/firehose-journal/.*\.(?:idx|gap)", Kind.DERIVED, "an index of records, or where some were given up", ""),
    (
        r"engines/sagemaker-models/(?P<name>[^/]*)/.*",
        Kind.REPLACED,
        "a model artifact of the endpoint {name}",
        "it is fetched from S3 again",
    ),
    (
        r"engines/(?P<name>.*)\.sqlite",
        Kind.DATABASE,
        "everything that the engine {name} keeps",
        "it starts with none of it",
    ),
    (
        r"opensearch/(?P<name>[^/]*)\.duckdb",
        Kind.DATABASE,
        "the indices and documents of an OpenSearch domain",
        "the domain is empty",
    ),
    (r"opensearch/[^/]*\.duckdb\.wal", Kind.DERIVED, "the last transactions of an OpenSearch domain", ""),
    (r"neptune/[^/]*/schema\.json", Kind.DATABASE, "the graph of a Neptune cluster", "the graph is empty"),
    (r"neptune/.*", Kind.DERIVED, "pages of a Neptune cluster's graph, which ArcadeDB judges", ""),
    (r"timestream/records\.duckdb", Kind.DATABASE, "the records of every Timestream table", "the tables are empty"),
    (r"timestream/records\.duckdb\.wal", Kind.DERIVED, "the last transactions of Timestream", ""),
    (
        r"kinesis/(?P<name>[^/]*)\.\d+/(?P<shard>[^/]*)/.*\.log",
        Kind.APPENDED,
        "records of the Kinesis stream {name}, {shard}",
        "the stream goes on after them",
    ),
    (r"s3-uploads/.*", Kind.REPLACED, "a part of a multipart upload in flight", "the part must be uploaded again"),
    (
        r"s3/\.versions/\d+/(?P<name>[^/]*)/.*",
        Kind.BODY,
        "the bytes of an older version of an object in the bucket {name}",
        "the version is gone",
    ),
    (
        r"s3/\d+/(?P<name>.*)\.meta\.json",
        Kind.REPLACED,
        "metadata, tags and history of s3://{name}",
        "the object stays, without them",
    ),
    (r"s3/\d+/(?P<name>.*)", Kind.BODY, "the bytes of s3://{name}", "the object is gone"),
    (r"sqs/messages\.sqlite", Kind.DATABASE, "the messages of every SQS queue", "the queues are empty"),
    (
        r"dynamodb/items\.sqlite",
        Kind.DATABASE,
        "the items of every DynamoDB table",
        "give up ministack/dynamodb.json too, and with it the tables",
    ),
    (r"log-events\.sqlite", Kind.DATABASE, "the events of every CloudWatch log stream", "the log streams are empty"),
    (r"metrics\.sqlite", Kind.DATABASE, "the datapoints of CloudWatch metrics", "there are no older datapoints"),
)
_COMPILED = tuple(
    (re.split(r"[^\w-]", pattern, maxsplit=1)[0], re.compile(pattern, re.DOTALL), kind, held, lost)
    for pattern, kind, held, lost in _RULES
)
"""Each with the plain text that its paths start with: most paths need one look at a few rules."""

UNKNOWN = Content(Kind.DERIVED, "nothing that the stage knows")

UNFINISHED = ".tmp"
"""What a file that is being written is called, after its name."""


def content_of(path: str) -> Content:
    """What a file is, by its path below the state folder, with slashes."""
    for start, pattern, kind, held, lost in _COMPILED:
        if not path.startswith(start):
            continue
        match = pattern.fullmatch(path)
        if match:
            return Content(kind, held.format_map(match.groupdict()), lost)
    return UNKNOWN
