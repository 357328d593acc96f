"""The control plane: create, describe, list, update and delete delivery streams."""

from __future__ import annotations

import math
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.firehose.delivery_stream import DESTINATION_ID, DIRECT_PUT, KINESIS, DeliveryStream
from aws_stage.engines.firehose.search.settings import REQUEST, UPDATE, complete_search, object_config, updated
from aws_stage.engines.firehose.validation import complete_destination, encryption, invalid, unsupported
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

START_TAG = "local-stage:start-position"
"""AWS has no setting for where a Kinesis source begins: always LATEST. Locally this tag may say TRIM_HORIZON."""

_STREAM = "delivery-stream"
_CREATE_FIELDS = frozenset(
    {
        "DeliveryStreamName",
        "DeliveryStreamType",
        "KinesisStreamSourceConfiguration",
        "DeliveryStreamEncryptionConfigurationInput",
        "ExtendedS3DestinationConfiguration",
        REQUEST,
        "Tags",
    }
)
_UPDATE_FIELDS = frozenset(
    {"DeliveryStreamName", "CurrentDeliveryStreamVersionId", "DestinationId", "ExtendedS3DestinationUpdate", UPDATE}
)


class DeliveryStreams:
    """The delivery streams of the stage, kept in its store.

    ``created``, ``changed`` and ``deleted`` are called with the stream.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = stage.store("firehose")
        self._lock = threading.RLock()
        self.created: Callable[[DeliveryStream], None] = lambda _stream: None
        self.deleted: Callable[[DeliveryStream], None] = lambda _stream: None
        self.changed: Callable[[DeliveryStream], None] = lambda _stream: None

    def all(self) -> list[DeliveryStream]:
        """Every delivery stream, by name."""
        return [DeliveryStream.from_document(document) for _, document in self._store.items(_STREAM)]

    def get(self, name: str) -> DeliveryStream:
        """The delivery stream; raises ResourceNotFoundException."""
        document = self._store.get(_STREAM, name)
        if document is None:
            raise AwsError("ResourceNotFoundException", f"Firehose {name} under account {ACCOUNT_ID} not found.")
        return DeliveryStream.from_document(document)

    def newest(self, stream: DeliveryStream) -> DeliveryStream:
        """``stream`` as it is configured now, or as it was when it was deleted."""
        document = self._store.get(_STREAM, stream.name)
        return stream if document is None or document["uid"] != stream.uid else DeliveryStream.from_document(document)

    def change(self, name: str, edit: Callable[[DeliveryStream], DeliveryStream]) -> DeliveryStream:
        """Replace a delivery stream by ``edit`` of it."""
        with self._lock:
            stream = edit(self.get(name))
            self._store.put(_STREAM, name, stream.document())
        self.changed(stream)
        return stream

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDeliveryStream: active at once."""
        request = call.payload
        check("firehose", "CreateDeliveryStream", request)
        for field in request:
            if field not in _CREATE_FIELDS:
                raise unsupported(field)
        if ("ExtendedS3DestinationConfiguration" in request) == (REQUEST in request):
            raise invalid(
                f"Exactly one destination configuration is required: ExtendedS3DestinationConfiguration or {REQUEST}."
            )
        search = self._search(request[REQUEST]) if REQUEST in request else None
        name = request["DeliveryStreamName"]
        wanted = request.get("DeliveryStreamEncryptionConfigurationInput")
        kind, source = self._source(request)
        tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}
        if wanted is not None and kind != DIRECT_PUT:
            raise invalid(
                "DeliveryStreamEncryptionConfigurationInput is allowed for delivery stream type DirectPut only."
            )
        stream = DeliveryStream(
            name=name,
            arn=f"arn:aws:firehose:{self._stage.settings.region}:{ACCOUNT_ID}:deliverystream/{name}",
            uid=str(uuid.uuid4()),
            kind=kind,
            version=1,
            created=math.floor(self._stage.clock.now().timestamp() * 1000) / 1000,
            updated=None,
            config=object_config(search)
            if search
            else complete_destination(request["ExtendedS3DestinationConfiguration"]),
            search=search,
            source=source,
            start_position=_start_position(tags),
            encryption=encryption(wanted) if wanted else {"Status": "DISABLED"},
            tags=tags,
        )
        with self._lock:
            if self._store.get(_STREAM, name) is not None:
                raise AwsError("ResourceInUseException", f"Firehose {name} under accountId {ACCOUNT_ID} already exists")
            self._store.put(_STREAM, name, stream.document())
        self.created(stream)
        return {"DeliveryStreamARN": stream.arn}

    def _search(self, config: dict[str, Any]) -> dict[str, Any]:
        """A completed OpenSearch destination, whose domain there is."""
        completed = complete_search(config)
        name = completed["DomainARN"].rpartition("/")[2]
        try:
            self._stage.client("opensearch").describe_domain(DomainName=name)
        except ClientError as error:
            raise invalid(f"{completed['DomainARN']}: {error.response['Error']['Message']}") from error
        return completed

    def _source(self, request: dict[str, Any]) -> tuple[str, dict[str, str] | None]:
        kind = request.get("DeliveryStreamType", DIRECT_PUT)
        source = request.get("KinesisStreamSourceConfiguration")
        if kind not in (DIRECT_PUT, KINESIS):
            raise unsupported(f"DeliveryStreamType {kind}")
        if (kind == KINESIS) != (source is not None):
            raise invalid(
                "KinesisStreamSourceConfiguration is required for delivery stream type KinesisStreamAsSource, "
                "and only for it."
            )
        if source is not None:
            try:
                self._stage.client("kinesis").describe_stream_summary(StreamARN=source["KinesisStreamARN"])
            except ClientError as error:
                details = error.response["Error"]
                raise AwsError(details["Code"], f"{source['KinesisStreamARN']}: {details['Message']}") from error
        return kind, source

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDeliveryStream."""
        check("firehose", "DescribeDeliveryStream", call.payload)
        return {"DeliveryStreamDescription": self.get(call.payload["DeliveryStreamName"]).description()}

    def list(self, call: Call) -> dict[str, Any]:
        """ListDeliveryStreams, by name, at most ``Limit`` (10 unless told) a page."""
        check("firehose", "ListDeliveryStreams", call.payload)
        kind, after = call.payload.get("DeliveryStreamType"), call.payload.get("ExclusiveStartDeliveryStreamName", "")
        limit = call.payload.get("Limit", 10)
        names = [s.name for s in self.all() if s.name > after and kind in (None, s.kind)]
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDeliveryStream: what has come is delivered first, if S3 takes it; then everything of it is gone."""
        check("firehose", "DeleteDeliveryStream", call.payload)
        stream = self.get(call.payload["DeliveryStreamName"])
        self._store.delete(_STREAM, stream.name)
        self.deleted(stream)
        return {}

    def update_destination(self, call: Call) -> dict[str, Any]:
        """UpdateDestination: merges, raises the version by one."""
        request = call.payload
        check("firehose", "UpdateDestination", request)
        for field in request:
            if field not in _UPDATE_FIELDS:
                raise unsupported(field)
        update = request.get("ExtendedS3DestinationUpdate") or {}
        search_update = request.get(UPDATE) or {}

        def merged(stream: DeliveryStream) -> DeliveryStream:
            if request["CurrentDeliveryStreamVersionId"] != str(stream.version):
                raise AwsError(
                    "ConcurrentModificationException",
                    f"Version {request['CurrentDeliveryStreamVersionId']} is not the current version "
                    f"{stream.version} of {stream.name}; describe it and try again.",
                )
            if request["DestinationId"] != DESTINATION_ID:
                raise invalid(f"Destination {request['DestinationId']} not found in {stream.name}.")
            if (update if stream.search else search_update) or (update and search_update):
                raise invalid("The destination of a delivery stream can't be changed to one of another kind.")
            now = self._stage.clock.now().timestamp()
            if stream.search:
                search = self._search(updated(stream.search, search_update))
                config = object_config(search)
                return replace(stream, config=config, search=search, version=stream.version + 1, updated=now)
            if stream.config["S3BackupMode"] == "Enabled" and update.get("S3BackupMode") == "Disabled":
                raise invalid("S3 backup cannot be disabled once it is enabled; delete the stream and create it anew.")
            backup = update.get("S3BackupUpdate")
            changes = {name: value for name, value in update.items() if name != "S3BackupUpdate"}
            if backup is not None:
                changes["S3BackupConfiguration"] = {**(stream.config.get("S3BackupConfiguration") or {}), **backup}
            return replace(
                stream,
                config=complete_destination({**stream.config, **changes}),
                version=stream.version + 1,
                updated=now,
            )

        self.change(request["DeliveryStreamName"], merged)
        return {}


def _start_position(tags: dict[str, str]) -> str:
    position = tags.get(START_TAG, "LATEST")
    if position not in ("LATEST", "TRIM_HORIZON"):
        raise invalid(f"The tag {START_TAG} must be LATEST or TRIM_HORIZON, not {position!r}.")
    return position
