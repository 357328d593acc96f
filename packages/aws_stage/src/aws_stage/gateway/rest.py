"""REST-JSON on the wire: which operation a request's method and path name, its parameters, and its answer.

The AWS service models of botocore say where each parameter lies (path, query, header, body), so no service needs code
of its own here.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from botocore.model import ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.protocol import decode, encode
from aws_stage.gateway.wire import Answer, Headers

MODELS = {"es": "opensearch", "lambda": "lambda", "neptune-db": "neptunedata", "sagemaker": "sagemaker-runtime"}
"""SigV4 signing name of each REST-JSON service that an engine may serve, to the name of botocore's model of it."""

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


class RestService:
    """The operations of one service."""

    def __init__(self, service: str) -> None:
        import botocore.session

        self._model: ServiceModel = botocore.session.get_session().get_service_model(MODELS[service])
        self._routes: dict[str, tuple[str, re.Pattern[str]]] = {}
        for name in self._model.operation_names:
            http = self._model.operation_model(name).http
            self._routes[name] = http["method"], _pattern(http["requestUri"])

    def operation(self, scope: Scope) -> str | None:
        """The operation that the request names; None when the service has no such method and path."""
        path = raw_path(scope)
        for name, (method, pattern) in self._routes.items():
            if method == scope["method"] and pattern.fullmatch(path):
                return name
        return None

    def parameters(self, operation: str, scope: Scope, body: bytes) -> dict[str, Any]:
        """The parameters as boto3 names them; raises ValueError for a body that is not JSON where JSON is due."""
        model = self._model.operation_model(operation)
        match = self._routes[operation][1].fullmatch(raw_path(scope))
        shape = model.input_shape
        if match is None or shape is None:
            return {}
        labels = {name: unquote(value) for name, value in match.groupdict().items()}
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        payload = shape.serialization.get("payload")
        document = {} if payload else decode(body)
        parameters: dict[str, Any] = {}
        for member, kind in shape.members.items():
            wire_name = kind.serialization.get("name", member)
            location = kind.serialization.get("location")
            if location == "uri":
                value: Any = labels.get(wire_name)
            elif location == "querystring":
                value = _query_value(kind, [text for name, text in query if name == wire_name])
            elif location == "header":
                value = headers.get(wire_name.lower())
            elif member == payload:
                value = body if kind.type_name == "blob" else decode(body)
            else:
                value = document.get(wire_name)
            if value is not None:
                parameters[member] = value
        return parameters

    def answer(self, operation: str, result: Mapping[str, Any]) -> Answer:
        """Status, headers and body of a success; ``result`` has the members of the operation's response in boto3."""
        model = self._model.operation_model(operation)
        shape = model.output_shape
        status: int = model.http.get("responseCode", 200)
        headers: Headers = [(b"x-amzn-requestid", str(uuid.uuid4()).encode())]
        if shape is None:
            return status, headers, b""
        payload = shape.serialization.get("payload")
        content, document = b"", {}
        for member, value in result.items():
            kind = shape.members[member]
            wire_name = kind.serialization.get("name", member)
            if value is None:
                continue
            if kind.serialization.get("location") == "header":
                headers.append((wire_name.lower().encode(), str(value).encode()))
            elif member == payload:
                content = value
            else:
                document[wire_name] = value
        if payload is None:
            headers.append((b"content-type", b"application/json"))
            content = encode(document)
        return status, headers, content

    def request(self, operation: str, parameters: Mapping[str, Any]) -> tuple[str, str, Headers, bytes]:
        """Method, path with query, headers and body of a request, as boto3 would send it."""
        model = self._model.operation_model(operation)
        made = create_serializer("rest-json", include_validation=False).serialize_to_request(dict(parameters), model)
        query = urlencode(made["query_string"], doseq=True)
        path = made["url_path"] + ("?" + query if query else "")
        headers = [(name.lower().encode(), str(value).encode()) for name, value in made["headers"].items()]
        return made["method"], path, headers, made["body"] or b""

    def result(self, operation: str, status: int, headers: Headers, body: bytes) -> dict[str, Any]:
        """The parameters of an answer, as boto3 names and types them."""
        shape = self._model.operation_model(operation).output_shape
        if shape is None:
            return {}
        named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        parsed = create_parser("rest-json").parse({"status_code": status, "headers": named, "body": body}, shape)
        return {name: value for name, value in parsed.items() if name != "ResponseMetadata"}


class RestServices:
    """The REST-JSON services that the engines serve, by SigV4 signing name."""

    def __init__(self, served: Iterable[str]) -> None:
        self._services = {name: RestService(name) for name in sorted(set(served) & MODELS.keys())}

    def get(self, service: str | None) -> RestService | None:
        """The service of that signing name; None when no engine serves it over REST."""
        return self._services.get(service or "")


def _pattern(uri: str) -> re.Pattern[str]:
    """A model's ``requestUri`` as a pattern of the path: ``{Name}`` is one segment, ``{Name+}`` any number of them."""
    path = uri.partition("?")[0].rstrip("/") or "/"
    text, end = "", 0
    for label in _LABEL.finditer(path):
        text += re.escape(path[end : label.start()]) + f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
        end = label.end()
    return re.compile(text + re.escape(path[end:]) + "/?")


def raw_path(scope: Scope) -> str:
    """The path as it was sent, since a label may hold an encoded slash."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


def _query_value(kind: Shape, texts: list[str]) -> Any:
    if not texts:
        return None
    if kind.type_name == "list":
        return texts
    if kind.type_name in ("integer", "long"):
        return int(texts[0])
    if kind.type_name == "boolean":
        return texts[0] == "true"
    if kind.type_name == "blob":
        return base64.b64decode(texts[0])
    return texts[0]
