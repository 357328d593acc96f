"""Items go to DynamoDB as they are: they have the form of the wire already.

botocore walks each attribute value by its service model to copy it into the request's body, a fifth of the function's
time for a batch. Through botocore's own events the items pass that walk by, and are written as JSON after it. Only for
items without binary values, which have another form on the wire.
"""

from __future__ import annotations

import json
from typing import Any, Final

_KEPT: Final = "datastreamer_request_items"
_JSON: Final = "json"


def send_items_as_they_are(client: Any) -> None:
    """Have this DynamoDB client's BatchWriteItem send ``RequestItems`` unchanged; it must not validate parameters.

    Only where it speaks JSON: AWS updates the botocore of Lambda's runtime, and DynamoDB's service model may come to
    list another protocol before it. Such a client sends them as botocore does.
    """
    if client.meta.service_model.resolved_protocol != _JSON:
        return
    client.meta.events.register("before-parameter-build.dynamodb.BatchWriteItem", _set_aside)
    client.meta.events.register("before-call.dynamodb.BatchWriteItem", _put_back)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_event: Any) -> None:
    context[_KEPT] = params["RequestItems"]
    # The names of the tables stay, since botocore chooses the endpoint by them.
    params["RequestItems"] = {table: [] for table in context[_KEPT]}


def _put_back(params: dict[str, Any], context: dict[str, Any], **_event: Any) -> None:
    body = json.loads(params["body"]) | {"RequestItems": context[_KEPT]}
    params["body"] = json.dumps(body, separators=(",", ":")).encode()
