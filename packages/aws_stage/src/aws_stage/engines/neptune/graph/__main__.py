"""The process of the graphs: ``python -m aws_stage.engines.neptune.graph LIFELINE``, one request at a time."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from aws_stage.engines.neptune.graph.database import Graphs
from aws_stage.engines.neptune.graph.failures import QueryError
from aws_stage.workers.loop import serve


class _Unstoppable:
    """A query is stopped by the end of the process: the log of the database undoes what it has begun."""

    def cancel(self) -> None:
        """Nothing: the stage ends the process."""


def main() -> None:
    """Serve until the stage closes the pipe."""
    graphs = Graphs()

    def respond(request: dict[str, Any], _: _Unstoppable) -> dict[str, Any]:
        if request["do"] == "close":
            graphs.close()
            return {}
        folder = Path(request["folder"])
        if request["do"] == "drop":
            graphs.drop(folder)
            return {}
        graph = graphs.open(folder)
        try:
            return {"results": graph.run(request["query"], request["parameters"], writes=request["writes"])}
        except QueryError as error:
            return {"code": error.code, "message": error.message}

    # A JVM reserves more addresses than it ever uses; HEAP bounds what it takes.
    serve(_Unstoppable, respond, resource.RLIM_INFINITY)


if __name__ == "__main__":
    main()
