"""What a server serves, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """One invocation: the body as it came, the media types as they were sent, "" for none."""

    body: bytes
    content_type: str
    accept: str


@dataclass(frozen=True)
class Answer:
    """What goes back; ``status`` is HTTP's."""

    body: bytes
    content_type: str
    status: int = 200


class Model(Protocol):
    """A loaded model. ``invoke`` is called from several threads at once."""

    def invoke(self, request: Request) -> Answer:
        """Raises RequestRefusedError for what the model does not take; any other error is the model's own."""
        ...


class RequestRefusedError(Exception):
    """A request that the container answers with a client error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ModelUnusableError(Exception):
    """A model that this machine cannot serve, however often it is tried; the text says why."""
