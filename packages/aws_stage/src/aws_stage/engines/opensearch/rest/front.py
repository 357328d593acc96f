"""The way in: a request becomes a ``Context``, its route's answer becomes bytes."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote

import orjson

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.index.cluster import Cluster
from aws_stage.engines.opensearch.rest.context import Context
from aws_stage.engines.opensearch.rest.routes import handler_of
from aws_stage.kernel.data_plane import PlaneAnswer, PlaneRequest

logger = logging.getLogger("aws_stage.opensearch")

JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
LINES = "application/ndjson"


def answer(domain: str, version: str, cluster: Cluster, request: PlaneRequest) -> PlaneAnswer:
    """What the domain answers."""
    context = Context(
        domain=domain,
        version=version.rpartition("_")[2],
        cluster=cluster,
        method=request.method,
        path=unquote(request.path),
        query_string=request.query_string,
        headers=dict(request.headers),
        body=request.body,
    )
    try:
        segments = [unquote(part) for part in request.path.strip("/").split("/")]
        handler, context.parts = handler_of(request.method, segments, context)
        status, found = handler(context)
    except SearchError as error:
        logger.info("%s %s refused: %s", request.method, request.path, error)
        status, found = error.status, error.document()
    except RecursionError:
        status, found = 400, SearchError("parsing_exception", "the request is nested too deeply").document()
    except Exception as fault:
        logger.exception("%s %s failed", request.method, request.path)
        status, found = 500, SearchError("exception", f"{type(fault).__name__}: {fault}", 500).document()
    return _answered(status, found, pretty="pretty" in context.parameters)


def no_domain(request: PlaneRequest) -> PlaneAnswer:
    """There is no domain of that name."""
    return PlaneAnswer(404, JSON, orjson.dumps({"message": f"Domain not found: {request.name}"}))


def anonymous(request: PlaneRequest, asks: bool) -> PlaneAnswer:
    """A request without a signature that the access policy does not let in, in the words of the service.

    ``asks``: a user's password would do, and a browser is to ask for it, as OpenSearch's security plugin says.
    """
    if asks:
        return PlaneAnswer(401, TEXT, b"Unauthorized", {"www-authenticate": 'Basic realm="OpenSearch Security"'})
    message = f"User: anonymous is not authorized to perform: es:ESHttp{request.method.title()}"
    return PlaneAnswer(403, JSON, orjson.dumps({"Message": message}))


def _answered(status: int, found: Any, *, pretty: bool) -> PlaneAnswer:
    if isinstance(found, PlaneAnswer):
        return found
    if found is None:
        return PlaneAnswer(status, JSON, b"")
    if isinstance(found, bytes):
        return PlaneAnswer(status, LINES, found)
    if isinstance(found, str):
        return PlaneAnswer(status, TEXT, found.encode())
    options = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if pretty else 0)
    return PlaneAnswer(status, JSON, orjson.dumps(found, option=options))
