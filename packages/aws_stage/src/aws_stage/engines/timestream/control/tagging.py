"""Tags of databases and tables."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.timestream.control.catalogue import Catalogue
from aws_stage.engines.timestream.control.names import checked
from aws_stage.kernel.engine import AwsError, Call

MOST_TAGS = 200
"""Tags of a resource (API reference, ``TagList``)."""


class Tagging:
    """The operations of tags, by ARN; the write and the query API have the same."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(self, call: Call) -> dict[str, Any]:
        """TagResource: replaces those of the same key."""
        payload = checked(call)
        with self._catalogue.lock:
            held = self._catalogue.by_arn(payload["ResourceARN"]).tags
            tags = {**held, **{tag["Key"]: tag["Value"] for tag in payload["Tags"]}}
            if len(tags) > MOST_TAGS:
                raise AwsError("ServiceQuotaExceededException", f"A resource has at most {MOST_TAGS} tags.")
            self._catalogue.tag(payload["ResourceARN"], tags)
        return {}

    def remove(self, call: Call) -> dict[str, Any]:
        """UntagResource: keys that are not there are not an error."""
        payload = checked(call)
        with self._catalogue.lock:
            held = self._catalogue.by_arn(payload["ResourceARN"]).tags
            left = {key: value for key, value in held.items() if key not in payload["TagKeys"]}
            self._catalogue.tag(payload["ResourceARN"], left)
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        """ListTagsForResource."""
        tags = self._catalogue.by_arn(checked(call)["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
