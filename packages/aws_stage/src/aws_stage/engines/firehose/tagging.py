"""Tags and server-side encryption of delivery streams."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aws_stage.engines.firehose.delivery_stream import DIRECT_PUT, DeliveryStream
from aws_stage.engines.firehose.operations import DeliveryStreams
from aws_stage.engines.firehose.validation import encryption, invalid
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call

MAX_TAGS = 50


class Tagging:
    """The operations that change nothing in what is delivered."""

    def __init__(self, streams: DeliveryStreams) -> None:
        self._streams = streams

    def tag(self, call: Call) -> dict[str, Any]:
        """TagDeliveryStream: adds tags, replacing those of the same key."""
        check("firehose", "TagDeliveryStream", call.payload)

        def tagged(stream: DeliveryStream) -> DeliveryStream:
            tags = {**stream.tags, **{tag["Key"]: tag.get("Value", "") for tag in call.payload["Tags"]}}
            if len(tags) > MAX_TAGS:
                raise AwsError("LimitExceededException", f"A delivery stream has at most {MAX_TAGS} tags.")
            return replace(stream, tags=tags)

        self._streams.change(call.payload["DeliveryStreamName"], tagged)
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        """UntagDeliveryStream: keys that are not there are no error."""
        check("firehose", "UntagDeliveryStream", call.payload)
        keys = set(call.payload["TagKeys"])
        self._streams.change(
            call.payload["DeliveryStreamName"],
            lambda stream: replace(stream, tags={key: v for key, v in stream.tags.items() if key not in keys}),
        )
        return {}

    def tags(self, call: Call) -> dict[str, Any]:
        """ListTagsForDeliveryStream, by key, at most ``Limit`` (50 unless told) a page."""
        check("firehose", "ListTagsForDeliveryStream", call.payload)
        after, limit = call.payload.get("ExclusiveStartTagKey", ""), call.payload.get("Limit", MAX_TAGS)
        stream = self._streams.get(call.payload["DeliveryStreamName"])
        tags = [{"Key": key, "Value": value} for key, value in sorted(stream.tags.items()) if key > after]
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    def start_encryption(self, call: Call) -> dict[str, Any]:
        """StartDeliveryStreamEncryption: described and reported; the journal itself stays plain."""
        check("firehose", "StartDeliveryStreamEncryption", call.payload)
        wanted = call.payload.get("DeliveryStreamEncryptionConfigurationInput") or {"KeyType": "AWS_OWNED_CMK"}
        self._encrypt(call, encryption(wanted))
        return {}

    def stop_encryption(self, call: Call) -> dict[str, Any]:
        """StopDeliveryStreamEncryption."""
        check("firehose", "StopDeliveryStreamEncryption", call.payload)
        self._encrypt(call, {"Status": "DISABLED"})
        return {}

    def _encrypt(self, call: Call, state: dict[str, str]) -> None:
        def encrypted(stream: DeliveryStream) -> DeliveryStream:
            if stream.kind != DIRECT_PUT:
                raise invalid(f"This operation is not permitted on {stream.kind} delivery stream type.")
            return replace(stream, encryption=state)

        self._streams.change(call.payload["DeliveryStreamName"], encrypted)
