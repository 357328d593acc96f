"""One request at a domain's endpoint, read: path, parameters and body."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson

from aws_stage.engines.opensearch.errors import SearchError, illegal
from aws_stage.engines.opensearch.index.cluster import Cluster

EVERYWHERE = frozenset({"pretty", "human", "error_trace"})
"""Parameters of every request, of which none changes what is done."""

_TRUE, _FALSE = ("true", "", "1"), ("false", "0")


@dataclass
class Context:
    """``parts`` are what the path says, by the names in the route."""

    domain: str
    version: str
    cluster: Cluster
    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes
    parts: dict[str, str] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Those of the query, by name."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def allow(self, *names: str) -> None:
        """Raise for a parameter that is not one of these."""
        unknown = sorted(self.parameters.keys() - {*names, *EVERYWHERE})
        if unknown:
            noun = "parameter" if len(unknown) == 1 else "parameters"
            listed = ", ".join(f"[{name}]" for name in unknown)
            raise illegal(f"request [{self.path}] contains unrecognized {noun}: {listed}")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A parameter that is true or false."""
        value = self.parameters.get(name)
        if value is None:
            return default
        if value not in (*_TRUE, *_FALSE):
            raise illegal(f"Failed to parse value [{value}] as only [true] or [false] are allowed.")
        return value in _TRUE

    def document(self, *, required: bool = False) -> dict[str, Any]:
        """The body, an object; empty where there is none."""
        if not self.body.strip():
            if required:
                raise SearchError("parse_exception", "request body is required")
            return {}
        self.check_content_type()
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise SearchError("json_parse_exception", f"the body is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise SearchError("parsing_exception", "Expected [START_OBJECT] but found another token")
        return found

    def check_content_type(self) -> None:
        """Raise for a body that does not say that it is JSON."""
        kind = self.headers.get("content-type", "")
        if "json" not in kind:
            raise SearchError(
                "media_type_header_exception",
                f"Content-Type header [{kind}] is not supported" if kind else "Content-Type header is missing",
                406,
            )
