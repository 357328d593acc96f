"""What an engine is, and what the stage gives it.

An engine answers some operations of the AWS API with real work. It declares them in ``operations``; the gateway sends
it exactly those calls. Where it ``owns`` a service, any other operation of that service is refused with a plain
sentence; elsewhere other operations go on to ministack.

An engine reaches the rest of the stage as any AWS client does: through ``Stage.client(service)``, a boto3 client of the
stage's own endpoint. Where it must see or complete ministack's own answer to the call that it is handling, it uses
``Stage.forward(call)``.

An engine may also work beneath ministack: it holds what a service keeps, while ministack speaks the service's API. The
module of its name in ``patches`` sends ministack's functions to it.

Handlers run on worker threads, never on the event loop: they may block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.settings import Settings
from aws_stage.kernel.signals import Signals
from aws_stage.storage.manifest.unlisted import StoreManifest
from aws_stage.storage.store import Store


@dataclass(frozen=True)
class Call:
    """One call of the AWS API, decoded.

    ``service`` is the SigV4 signing name (``glue``), ``operation`` the API's name (``StartJobRun``), ``payload`` the
    JSON request body; of a REST or Query call, every parameter by its name in boto3, a blob as bytes. ``endpoint``
    names the endpoint of its own that it was sent to, where that is a path of the stage's (``kernel/data_plane.py``).
    """

    service: str
    operation: str
    payload: dict[str, Any]
    endpoint: str = ""


class AwsError(Exception):
    """An error that the gateway sends as AWS does: ``code`` is the exception's name in the service's API.

    ``members`` are what the exception has beside its message (``OriginalStatusCode``).
    """

    def __init__(self, code: str, message: str, status: int = 400, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


Handler = Callable[[Call], dict[str, Any]]


class Stage(Protocol):
    """What an engine may use of the stage around it."""

    settings: Settings
    clock: Clock
    signals: Signals
    manifest: StoreManifest

    def client(self, service: str) -> Any:
        """A thread-safe boto3 client of the stage's own endpoint."""
        ...

    def forward(self, call: Call) -> dict[str, Any]:
        """Let ministack answer ``call``; raises AwsError when it refuses. Not from the event loop."""
        ...

    def publish(self, source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str] = ()) -> None:
        """Put an event of an AWS service (``aws.glue``) on the default event bus, which PutEvents would refuse.

        ``resources`` are the ARNs that it is about.
        """
        ...

    def store(self, engine: str) -> Store:
        """The engine's durable store."""
        ...

    def directory(self, engine: str) -> Path:
        """A folder of the engine's own for scratch files; it exists."""
        ...


class Engine(Protocol):
    """One engine. Constructing it does no work; ``start`` may spawn threads, ``stop`` must end them and flush."""

    name: str
    owns: frozenset[str]
    operations: Mapping[tuple[str, str], Handler]

    def start(self) -> None: ...

    def stop(self) -> None: ...
