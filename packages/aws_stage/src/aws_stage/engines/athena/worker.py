"""A worker of the local Athena: ``python -m aws_stage.engines.athena.worker``, started by the engine alone.

It reaches the stage as any client does, through its endpoint, and holds nothing that a query needs after its end.
"""

from __future__ import annotations

import os
from typing import Any

from aws_stage.kernel.clients import Clients
from aws_stage.kernel.settings import Settings
from aws_stage.workers.loop import serve

MEMORY_BYTES = 4 * 1024**3
"""Address space of a worker: DuckDB's own limit of 1 GB, its threads and buffers, and what Python holds beside it."""


def main() -> None:
    """Answer the engine's requests until the stage ends."""
    from aws_stage.engines.athena.running.execution import execute
    from aws_stage.engines.athena.running.workers import Cancellation

    clients = Clients(Settings.from_env(os.environ))

    def respond(request: dict[str, Any], cancellation: Any) -> dict[str, Any]:
        return execute(request, cancellation, clients)

    serve(Cancellation, respond, MEMORY_BYTES)


if __name__ == "__main__":
    main()
