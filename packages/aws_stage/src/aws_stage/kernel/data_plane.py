"""What an engine is that has clients of its own at names of its own, beside the calls of the AWS API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

GRAPH_PATH = "/neptune/"
"""An endpoint of a graph is this path of the stage, with its name: boto3 puts the operation's path behind it. (A name
below ``localhost`` is not known to every resolver, and boto3 asks one.)"""


@dataclass(frozen=True)
class PlaneRequest:
    """One request at a domain's own name.

    ``path`` is as it was sent, percent signs and all; headers have their names in lower case. ``signed``: it bears a
    signature of AWS's, which is good.
    """

    name: str
    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    signed: bool


@dataclass(frozen=True)
class PlaneAnswer:
    """Status, content type and content, and what headers there are beside these."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class DataPlane(Protocol):
    """An engine that answers at ``<name>.<region>.es.localhost``."""

    def serve_domain(self, request: PlaneRequest) -> PlaneAnswer:
        """Answer a request; it may block, so never from the event loop."""
        ...
