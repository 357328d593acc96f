"""The control plane: create, describe, list, update and delete delivery streams."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.engine import AwsError, Call, Stage
from local.engines.firehose.delivery_stream import DESTINATION_ID, DIRECT_PUT, KINESIS, DeliveryStream
from local.engines.firehose.validation import (
    check_kinesis_source,
    check_name,
    complete_destination,
    invalid,
    unsupported,
)
from local.settings import ACCOUNT_ID

_STREAM = "delivery-stream"
_CREATE_FIELDS = frozenset(
    {
        "DeliveryStreamName",
        "DeliveryStreamType",
        "KinesisStreamSourceConfiguration",
        "DeliveryStreamEncryptionConfigurationInput",
        "ExtendedS3DestinationConfiguration",
        "Tags",
    }
)


class DeliveryStreams:
    """The delivery streams of the stage, kept in its store.

    ``created`` and ``deleted`` are called with a stream when it comes and goes, ``changed`` with its name.
    """

    def __init__(self, stage: Stage, start_position: str) -> None:
        self._stage = stage
        self._store = stage.store("firehose")
        self._start_position = start_position
        self._lock = threading.RLock()
        self.created: Callable[[DeliveryStream], None] = lambda _stream: None
        self.deleted: Callable[[DeliveryStream], None] = lambda _stream: None
        self.changed: Callable[[str], None] = lambda _name: None

    def all(self) -> list[DeliveryStream]:
        """Every delivery stream, by name."""
        return [DeliveryStream.from_document(document) for _, document in self._store.items(_STREAM)]

    def get(self, name: str) -> DeliveryStream:
        """The delivery stream; raises ResourceNotFoundException."""
        document = self._store.get(_STREAM, name)
        if document is None:
            raise AwsError("ResourceNotFoundException", f"Firehose {name} under account {ACCOUNT_ID} not found.")
        return DeliveryStream.from_document(document)

    def change(self, name: str, edit: Callable[[DeliveryStream], DeliveryStream]) -> DeliveryStream:
        """Replace a delivery stream by ``edit`` of it."""
        with self._lock:
            stream = edit(self.get(name))
            self._store.put(_STREAM, name, stream.document())
        self.changed(name)
        return stream

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDeliveryStream."""
        request = call.payload
        for name in request:
            if name not in _CREATE_FIELDS:
                raise unsupported(f"{name} (only an ExtendedS3DestinationConfiguration)")
        name = request.get("DeliveryStreamName", "")
        check_name(name)
        kind = request.get("DeliveryStreamType", DIRECT_PUT)
        if kind != KINESIS:
            raise unsupported(f"DeliveryStreamType {kind}")
        if kind == DIRECT_PUT and "KinesisStreamSourceConfiguration" in request:
            raise invalid("KinesisStreamSourceConfiguration is not allowed for delivery stream type DirectPut.")
        if "ExtendedS3DestinationConfiguration" not in request:
            raise invalid("Exactly one destination configuration is required: ExtendedS3DestinationConfiguration.")
        stream = DeliveryStream(
            name=name,
            arn=f"arn:aws:firehose:{self._stage.settings.region}:{ACCOUNT_ID}:deliverystream/{name}",
            uid=str(uuid.uuid4()),
            kind=kind,
            version=1,
            created=self._stage.clock.now().timestamp(),
            updated=None,
            config=complete_destination(request["ExtendedS3DestinationConfiguration"]),
            source=check_kinesis_source(request.get("KinesisStreamSourceConfiguration")) if kind == KINESIS else None,
            start_position=self._start_position,
            tags={tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []},
        )
        with self._lock:
            if self._store.get(_STREAM, name) is not None:
                raise AwsError("ResourceInUseException", f"Firehose {name} under accountId {ACCOUNT_ID} already exists")
            self._store.put(_STREAM, name, stream.document())
        self.created(stream)
        return {"DeliveryStreamARN": stream.arn}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDeliveryStream."""
        return {"DeliveryStreamDescription": self.get(call.payload.get("DeliveryStreamName", "")).description()}

    def list(self, call: Call) -> dict[str, Any]:
        """ListDeliveryStreams, by name, at most ``Limit`` (10 unless told) a page."""
        kind, after = call.payload.get("DeliveryStreamType"), call.payload.get("ExclusiveStartDeliveryStreamName", "")
        limit = call.payload.get("Limit", 10)
        names = [s.name for s in self.all() if s.name > after and kind in (None, s.kind)]
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDeliveryStream: what has been read is delivered first, if S3 takes it."""
        with self._lock:
            stream = self.get(call.payload.get("DeliveryStreamName", ""))
            self._store.delete(_STREAM, stream.name)
        self.deleted(stream)
        return {}

    def update_destination(self, call: Call) -> dict[str, Any]:
        """UpdateDestination: merges, raises the version by one."""
        request = call.payload
        update = request.get("ExtendedS3DestinationUpdate")
        if update is None:
            raise unsupported("A destination other than ExtendedS3DestinationUpdate")

        def merged(stream: DeliveryStream) -> DeliveryStream:
            if request.get("CurrentDeliveryStreamVersionId") != str(stream.version):
                raise AwsError(
                    "ConcurrentModificationException",
                    f"Version {request.get('CurrentDeliveryStreamVersionId')} is not the current version "
                    f"{stream.version} of {stream.name}; describe it and try again.",
                )
            if request.get("DestinationId") != DESTINATION_ID:
                raise invalid(f"Destination {request.get('DestinationId')} not found in {stream.name}.")
            backup = update.get("S3BackupUpdate")
            changes = {name: value for name, value in update.items() if name != "S3BackupUpdate"}
            if backup is not None:
                changes["S3BackupConfiguration"] = {**(stream.config.get("S3BackupConfiguration") or {}), **backup}
            return replace(
                stream,
                config=complete_destination({**stream.config, **changes}),
                version=stream.version + 1,
                updated=self._stage.clock.now().timestamp(),
            )

        self.change(request.get("DeliveryStreamName", ""), merged)
        return {}
