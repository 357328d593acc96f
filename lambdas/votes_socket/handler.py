"""votes_socket: knows who is connected, and gives a new browser the totals at once."""

from __future__ import annotations

import json
import os
from typing import Any

from datastreamer.errors import InvalidRecordError
from datastreamer.events.json_shape import too_much
from datastreamer.votes.doors import check_origin
from datastreamer.votes.functions import Greeting, greeting
from datastreamer.votes.publishing import update_message
from datastreamer.votes.vote import MAX_DEPTH

_warm: list[Greeting] = []


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one event of the WebSocket API: $connect, $disconnect, or a message by $default."""
    if not _warm:
        _warm.append(greeting(os.environ))
    parts = _warm[0]
    request = event["requestContext"]
    # Not the route: a message may name one, "$disconnect" too.
    connection, kind = request["connectionId"], request["eventType"]
    if kind == "CONNECT":
        try:
            check_origin(event, parts.allowed_origin)
        except InvalidRecordError:
            return {"statusCode": 403}
        if not parts.connections.join(connection, parts.clock.wall_ms(), _address(request)):
            return {"statusCode": 429}
    elif kind == "DISCONNECT":
        parts.connections.remove(connection)
    else:
        _reply(parts, request, _kind(event.get("body")))
    return {"statusCode": 200}


def _address(request: dict[str, Any]) -> str:
    return str(request.get("identity", {}).get("sourceIp", ""))


def _reply(parts: Greeting, request: dict[str, Any], kind: str | None) -> None:
    """Answer a message; anything but ``hello`` and ``ping`` is an error that the sender is told."""
    connection = request["connectionId"]
    if kind == "hello":
        now = parts.clock.wall_ms()
        # Once more: it may have been taken for gone while it was being made, and would get no update.
        parts.connections.add(connection, now, _address(request))
        message = update_message(parts.totals.read(now).to_document(parts.connections.online(now), now))
    elif kind == "ping":
        message = json.dumps({"type": "pong"}).encode()
    else:
        error = {"code": "unknown_message", "message": 'send {"type": "hello"} or {"type": "ping"}'}
        message = json.dumps({"type": "error", "error": error}).encode()
    try:
        parts.management.post_to_connection(ConnectionId=connection, Data=message)
    except parts.management.exceptions.GoneException:
        parts.connections.remove(connection)


def _kind(body: Any) -> str | None:
    if not isinstance(body, str) or too_much(body.encode("utf-8", "surrogatepass"), depth=MAX_DEPTH):
        return None
    try:
        document = json.loads(body)
    except ValueError:
        return None
    kind = document.get("type") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None
