"""Puts sealed buffers into S3 so that a kill at any point neither loses nor repeats an object.

A sealed buffer's objects are first spooled to disk under their final keys and noted as the stream's one pending
delivery; then they are put; then, in one transaction, the checkpoints move and the note goes. After a crash the noted
objects that S3 lacks are put again under the same keys, and the source is read from the checkpoints on.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.firehose.bodies import Body
from aws_stage.engines.firehose.buffer import FAILED, NOT_INDEXED, Buffer, target_of
from aws_stage.engines.firehose.delivery_stream import DeliveryStream
from aws_stage.engines.firehose.destination import S3Target
from aws_stage.engines.firehose.prefix import error_object_prefix, object_prefix, object_suffix
from aws_stage.engines.firehose.search.documents import Document, document_of, packed, unpacked
from aws_stage.storage.store import Store

_PENDING, _CHECKPOINT = "pending", "checkpoint"


@dataclass
class SpooledObject:
    """One object to put: ``file`` in the spool holds its ``length`` bytes."""

    role: str
    bucket: str
    key: str
    extension: str
    kms_key: str | None
    file: str
    length: int
    checksum: int
    done: bool = False


@dataclass
class SpooledDocuments:
    """Documents for OpenSearch: ``file`` in the spool holds them."""

    file: str
    length: int
    checksum: int
    done: bool = False


@dataclass
class Delivery:
    """What one buffer became. ``size`` counts bytes before compression, ``oldest`` is in seconds since the epoch."""

    version: int
    objects: list[SpooledObject]
    checkpoints: dict[str, str]
    records: int
    size: int
    oldest: float
    documents: SpooledDocuments | None = None


class Outbox:
    """The pending delivery and the checkpoints of one delivery stream."""

    def __init__(self, store: Store, s3: Any, directory: Path, uid: str) -> None:
        self._store = store
        self._s3 = s3
        self._spool = directory
        self._uid = uid

    def checkpoints(self) -> dict[str, str]:
        """Partition to the position of its last delivered record, or to what ``begin`` was told."""
        return dict((self._store.get(_CHECKPOINT, self._uid) or {}).items())

    def begin(self, checkpoints: Mapping[str, str]) -> None:
        """Keep where partitions begin of which nothing is delivered yet."""
        self._store.put(_CHECKPOINT, self._uid, {**self.checkpoints(), **checkpoints})

    def seal(self, stream: DeliveryStream, buffer: Buffer) -> Delivery:
        """Spool a buffer's objects and note them; from here on they will be delivered whatever happens."""
        self._spool.mkdir(parents=True, exist_ok=True)
        objects = [
            self._spool_object(stream, role, body, target_of(buffer.destination, role), buffer.oldest)
            for role, body in buffer.bodies.items()
        ]
        delivery = Delivery(stream.version, objects, buffer.checkpoints, buffer.records, buffer.size, buffer.oldest)
        if buffer.documents and stream.search_target is not None:
            namespace = uuid.uuid5(uuid.NAMESPACE_URL, self._uid)
            target = stream.search_target
            data = packed(document_of(record, data, target, namespace) for record, data in buffer.documents)
            delivery.documents = SpooledDocuments(self._write(data), len(data), zlib.crc32(data))
        self._note(delivery)
        return delivery

    def resume(self) -> Delivery | None:
        """The delivery that a crash or a stop left pending, if any.

        When its spool is damaged it is dropped, unless all of it is in S3: the source is read again instead, since
        the checkpoints have not moved.
        """
        document = self._store.get(_PENDING, self._uid)
        if document is None:
            self._clear_spool()
            return None
        objects = [SpooledObject(**item) for item in document["objects"]]
        held = document.get("documents")
        documents = SpooledDocuments(**held) if held else None
        delivery = Delivery(**{**document, "objects": objects, "documents": documents})
        for item in delivery.objects:
            item.done = item.done or self._exists(item)
        spooled: list[SpooledObject | SpooledDocuments] = [*objects, *([documents] if documents else [])]
        if all(item.done or self._spooled(item) for item in spooled):
            return delivery
        self._store.delete(_PENDING, self._uid)
        self._clear_spool()
        return None

    def retarget(self, delivery: Delivery, stream: DeliveryStream) -> None:
        """Aim what is not yet in S3 at the stream's newer destination; the bodies stay as they were sealed."""
        for item in delivery.objects:
            if not item.done and not self._exists(item):
                target = target_of(stream.destination, item.role)
                item.bucket, item.kms_key = target.bucket, target.kms_key
                item.key = object_key(stream, item.role, delivery.oldest, item.extension)
        delivery.version = stream.version
        self._note(delivery)

    def put(self, delivery: Delivery) -> None:
        """Put what is not yet in S3; raises botocore's errors."""
        for item in delivery.objects:
            if not item.done:
                self._put_object(item)
                item.done = True

    def documents(self, delivery: Delivery) -> list[Document]:
        """The documents that are to be in OpenSearch, none when they are."""
        held = delivery.documents
        return [] if held is None or held.done else unpacked((self._spool / held.file).read_bytes())

    def indexed(self, stream: DeliveryStream, delivery: Delivery, failed: Sequence[bytes]) -> None:
        """The documents are in, but for those of the lines ``failed``: an object of those is noted at the same time."""
        if delivery.documents is None:
            return
        delivery.documents.done = True
        if failed:
            target = target_of(stream.destination, NOT_INDEXED)
            body = Body(target.gzip)
            body.write(b"".join(failed))
            delivery.objects.append(self._spool_object(stream, NOT_INDEXED, body, target, delivery.oldest))
        self._note(delivery)

    def close(self, delivery: Delivery) -> None:
        """All of it is delivered: move the checkpoints."""
        with self._store.transaction():
            merged = {**self.checkpoints(), **delivery.checkpoints}
            self._store.put(_CHECKPOINT, self._uid, merged)
            self._store.delete(_PENDING, self._uid)
        self._clear_spool()

    def forget(self) -> None:
        """Remove everything: the delivery stream is deleted."""
        with self._store.transaction():
            self._store.delete(_CHECKPOINT, self._uid)
            self._store.delete(_PENDING, self._uid)
        self._clear_spool()

    def _spool_object(
        self, stream: DeliveryStream, role: str, body: Body, target: S3Target, oldest: float
    ) -> SpooledObject:
        data = body.finish()
        key = object_key(stream, role, oldest, target.extension)
        name, checksum = self._write(data), zlib.crc32(data)
        return SpooledObject(role, target.bucket, key, target.extension, target.kms_key, name, len(data), checksum)

    def _write(self, data: bytes) -> str:
        name = str(uuid.uuid4())
        (self._spool / name).write_bytes(data)
        return name

    def _put_object(self, item: SpooledObject) -> None:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": item.kms_key} if item.kms_key else {}
        self._s3.put_object(
            Bucket=item.bucket,
            Key=item.key,
            Body=(self._spool / item.file).read_bytes(),
            ContentType="application/octet-stream",
            **encryption,
        )

    def _exists(self, item: SpooledObject) -> bool:
        try:
            self._s3.head_object(Bucket=item.bucket, Key=item.key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
                return False
            raise
        return True

    def _spooled(self, item: SpooledObject | SpooledDocuments) -> bool:
        path = self._spool / item.file
        return path.is_file() and path.stat().st_size == item.length and zlib.crc32(path.read_bytes()) == item.checksum

    def _note(self, delivery: Delivery) -> None:
        self._store.put(_PENDING, self._uid, asdict(delivery))

    def _clear_spool(self) -> None:
        if self._spool.is_dir():
            for path in self._spool.iterdir():
                path.unlink()
            self._spool.rmdir()


def object_key(stream: DeliveryStream, role: str, oldest: float, extension: str) -> str:
    """The key of an object whose oldest record arrived at ``oldest``."""
    target = target_of(stream.destination, role)
    arrival = datetime.fromtimestamp(oldest, UTC)
    if role in (FAILED, NOT_INDEXED):
        prefix = error_object_prefix(target.prefix, target.error_prefix, role, arrival, target.zone)
    else:
        prefix = object_prefix(target.prefix, arrival, target.zone)
    return prefix + object_suffix(stream.name, stream.version, arrival, target.zone, extension)
