"""API Gateway: the address in an API's answer leads to the API: ``ws://<id>.execute-api.localhost:<port>``.

ministack notes the address when an API is made: with the scheme of HTTP for a WebSocket API, where AWS says ``wss://``
(docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api.html), and with a port that
the stage may have left since.
"""

from __future__ import annotations

import os
from typing import Any

from aws_stage.patches.replace import replace

_ENDPOINT = "apiEndpoint"
_SCHEMES = {"HTTP": "http", "WEBSOCKET": "ws"}


def apply() -> None:
    from ministack.services import apigateway

    port = os.environ["GATEWAY_PORT"]

    def addressed(data: dict[str, Any]) -> dict[str, Any]:
        if _ENDPOINT in data:
            scheme = _SCHEMES[data["protocolType"]]
            return {**data, _ENDPOINT: f"{scheme}://{data['apiId']}.execute-api.localhost:{port}"}
        if any(_ENDPOINT in item for item in data.get("items", ())):
            return {**data, "items": [addressed(item) for item in data["items"]]}
        return data

    def response(data: dict[str, Any], status: int = 200) -> Any:
        return original(addressed(data), status)

    original = replace(apigateway, "_apigw_response", response)
