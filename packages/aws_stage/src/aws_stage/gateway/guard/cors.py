"""Cross-origin resource sharing: what S3 answers by a bucket's configuration, and nothing beside it.

docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html and .../API/RESTOPTIONSobject.html; ministack evaluates the
rules, and would otherwise allow everything to everybody.
"""

from __future__ import annotations

from typing import Any

from aws_stage.gateway.asgi import Message, Send
from aws_stage.gateway.guard.request import Request
from aws_stage.gateway.wire import Answer, Headers

_PREFIX = b"access-control-"
_FORBIDDEN = "CORSResponse: CORS is not enabled for this bucket."


def preflight(request: Request) -> Answer:
    """The answer to OPTIONS at an AWS API: as the bucket's rules say; 403 where there is no bucket."""
    from ministack.services import s3

    if request.object is None:
        status, headers, body = s3._cors_error(
            "AccessForbidden", _FORBIDDEN, 403, request.headers.get("access-control-request-method", ""), "BUCKET"
        )
    else:
        status, headers, body = s3.cors_preflight(*request.object, dict(request.headers))
    return status, _encoded({name: value for name, value in headers.items() if name != "Content-Length"}), body


def allows(request: Request, origin: str) -> bool:
    """Whether a rule of the bucket allows the origin and the request's method."""
    return bool(_headers_for(request, origin))


def answering(request: Request, send: Send) -> Send:
    """``send``, with the bucket's CORS headers in place of whatever the service says."""
    origin = request.headers.get("origin")

    async def without_others(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if not name.lower().startswith(_PREFIX)]
            added = _headers_for(request, origin) if origin is not None else []
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return without_others


def headers_of(bucket: str, method: str, origin: str) -> Headers:
    """What the first rule of a bucket that allows the origin and the method adds to an answer; often nothing."""
    from ministack.services import s3

    return _encoded(s3.cors_response_headers(bucket, method, {"origin": origin}))


def _headers_for(request: Request, origin: str) -> Headers:
    return [] if request.object is None else headers_of(request.object[0], request.method, origin)


def _encoded(headers: dict[str, Any]) -> Headers:
    return [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
