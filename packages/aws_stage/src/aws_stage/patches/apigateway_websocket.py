"""API Gateway's WebSocket APIs: a message of more than 128 KB ends its connection, with code 1009, and reaches nobody
(docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
"""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import wrap

MOST_BYTES = 128 * 1024
_TOO_BIG = 1009  # RFC 6455, section 7.4.1


def apply() -> None:
    from ministack.services import apigateway

    async def bounded(original: Any, scope: Any, receive: Any, send: Any, *rest: Any, **named: Any) -> None:
        async def received() -> Any:
            message = await receive()
            if message["type"] == "websocket.receive" and _size(message) > MOST_BYTES:
                await send({"type": "websocket.close", "code": _TOO_BIG})
                return {"type": "websocket.disconnect", "code": _TOO_BIG}
            return message

        await original(scope, received, send, *rest, **named)

    wrap(apigateway, "handle_websocket", bounded)


def _size(message: dict[str, Any]) -> int:
    text = message.get("text")
    return len(text.encode()) if text is not None else len(message.get("bytes") or b"")
