"""votes_cast: takes votes (POST /votes) and tells the totals (GET /totals)."""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from datastreamer.errors import InvalidRecordError, RetryableError
from datastreamer.votes.casting import CLOSED_REASON
from datastreamer.votes.doors import FOREIGN, NOT_JSON, check_json, check_origin
from datastreamer.votes.functions import Casting, casting

STATUS: Final = {FOREIGN: 403, NOT_JSON: 415, "too_large": 413, CLOSED_REASON: 409}
"""Answers to what is not a vote, or does not count; 400 for every other reason."""

_warm: list[APIGatewayRestResolver] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the REST API."""
    if not _warm:
        _warm.append(application(casting(os.environ), Logger()))
    return _warm[0].resolve(event, context)


def application(parts: Casting, logger: Logger) -> APIGatewayRestResolver:
    """The routes; only the site's own pages may read the answers."""
    cors = CORSConfig(allow_origin=parts.allowed_origin, expose_headers=["Retry-After"], max_age=600)
    app = APIGatewayRestResolver(cors=cors)

    @app.post("/votes")
    def cast() -> Response[str]:
        try:
            check_origin(app.current_event.raw_event, parts.allowed_origin)
            check_json(app.current_event.raw_event)
            vote = parts.ballot.cast(_body(app.current_event), parts.clock.wall_ms())
        except InvalidRecordError as error:
            return _answer(STATUS.get(error.reason, 400), error.reason, error.detail)
        except RetryableError as error:
            logger.warning("a vote was not taken", extra={"cause": str(error)})
            return _answer(503, "unavailable", "the vote could not be taken; send it again", {"Retry-After": "1"})
        return Response(202, "application/json", json.dumps({"vote_id": str(vote.vote_id)}))

    @app.get("/totals")
    def totals() -> Response[str]:
        now = parts.clock.wall_ms()
        document = parts.totals.read(now).to_document(parts.connections.online(now), now)
        return Response(200, "application/json", json.dumps(document), headers={"Cache-Control": "no-store"})

    def crash(_: Exception) -> Response[str]:
        # A function that ends in an error is answered for by API Gateway, which cannot say what the page may read.
        logger.exception("the request could not be answered")
        return _answer(500, "unavailable", "the request could not be answered; send it again")

    app.exception_handler(Exception)(crash)
    return app


def _body(event: APIGatewayProxyEvent) -> bytes:
    """What was posted, as bytes: powertools' own reading fails on what is no text."""
    body = event.body or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode("utf-8", "surrogatepass")


def _answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps({"error": {"code": code, "message": message}}), headers)
