"""AddTags, ListTags and DeleteTags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import ARN_FIELDS, invalid
from aws_stage.engines.sagemaker.resources import Document, Resources
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler
from aws_stage.kernel.paging import page

MAX_TAGS = 50


class Tagging:
    """Tags of every kind of resource, by ARN."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.operations: Mapping[str, Handler] = {
            "AddTags": self._add,
            "ListTags": self._list,
            "DeleteTags": self._delete,
        }

    def _add(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "AddTags", call.payload)

        def edit(document: Document) -> None:
            tags = {tag["Key"]: tag["Value"] for tag in [*document["Tags"], *call.payload["Tags"]]}
            if len(tags) > MAX_TAGS:
                raise AwsError("ResourceLimitExceeded", f"A resource has at most {MAX_TAGS} tags.")
            document["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]

        return {"Tags": self._change(call, edit)["Tags"]}

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListTags", call.payload)
        document = self._resources.get(*self._resource(call.payload["ResourceArn"]))
        found, more = page(document["Tags"], call.payload.get("NextToken"), call.payload.get("MaxResults"), MAX_TAGS)
        return {"Tags": found, **more}

    def _delete(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DeleteTags", call.payload)
        keys = set(call.payload["TagKeys"])

        def edit(document: Document) -> None:
            document["Tags"] = [tag for tag in document["Tags"] if tag["Key"] not in keys]

        self._change(call, edit)
        return {}

    def _change(self, call: Call, edit: Any) -> Document:
        return self._resources.change(*self._resource(call.payload["ResourceArn"]), edit)

    def _resource(self, arn: str) -> tuple[str, str]:
        """Kind and name; AWS lowers the case of names in ARNs, so it does not count."""
        kind = arn.split(":", 5)[5].partition("/")[0]
        for name, document in self._resources.items(kind) if kind in ARN_FIELDS else ():
            if document[ARN_FIELDS[kind]].lower() == arn.lower():
                return kind, name
        raise invalid(f"Could not find resource {arn}.")
