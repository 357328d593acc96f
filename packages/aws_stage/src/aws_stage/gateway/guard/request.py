"""A request's head, read once for everybody who judges it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, quote

from aws_stage.gateway.asgi import Scope
from aws_stage.gateway.protocol import Address, address_of

FORM = "multipart/form-data"


class Request:
    """The head of an HTTP request or of a WebSocket handshake."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self.hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]

    @cached_property
    def host(self) -> str:
        """The Host header, as sent."""
        return self.hosts[0] if self.hosts else ""

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Values by name in lower case; of a repeated header joined with a comma, which is what is signed."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in self.scope["headers"]:
            name = raw_name.decode("latin-1").lower()
            try:
                value = raw_value.decode()
            except UnicodeDecodeError:
                value = raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        return headers

    @cached_property
    def raw_path(self) -> str:
        """The path as it was sent and signed, percent signs and all."""
        raw = self.scope.get("raw_path")
        return raw.decode("latin-1") if raw else quote(self.path)

    @cached_property
    def query_string(self) -> str:
        """The query as it was sent."""
        query: bytes = self.scope.get("query_string", b"")
        return query.decode("latin-1")

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name."""
        return parse_qs(self.query_string, keep_blank_values=True)

    def query_value(self, name: str) -> str | None:
        """A query parameter's first value; None when it is not there."""
        values = self.query.get(name)
        return values[0] if values else None

    @cached_property
    def address(self) -> Address:
        """Whom the request says it is for."""
        return address_of(self.scope["headers"])

    @cached_property
    def service(self) -> str:
        """The service that ministack's router would hand it to."""
        from ministack.core.router import detect_service

        found: Any = detect_service(self.method, self.path, dict(self.headers), self.query)
        return str(found)

    @cached_property
    def object(self) -> tuple[str, str] | None:
        """Bucket and key (empty for the bucket itself) of a request to an existing bucket of S3, else None."""
        from ministack import app

        if "x-amz-target" in self.headers or self.path.startswith(("/iceberg", "/v20180820/")):
            return None
        target: tuple[str, str] | None = app._s3_cors_target(self.host, self.path)
        return target if target and (self.method == "OPTIONS" or self.service == "s3") else None
