"""The process of the graphs: started by the first query, started again by the next one when it has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from aws_stage.engines.neptune.errors import failed
from aws_stage.kernel.settings import Settings
from aws_stage.workers.process import WorkerDiedError, WorkerProcess

MODULE = "aws_stage.engines.neptune.graph"


class GraphProcess:
    """``ask`` is called by one thread at a time, the rest by any."""

    def __init__(self, settings: Settings, start: Callable[[str, Settings], WorkerProcess] = WorkerProcess) -> None:
        self._settings = settings
        self._start = start
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        worker = self._worker
        return worker.pid if worker is not None and worker.is_alive else None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the process answers; raises WorkerDiedError when it ends instead."""
        return self._alive().ask(request)

    def kill(self) -> None:
        """End the process, whatever it does."""
        worker = self._worker
        if worker is not None:
            worker.kill()

    def stop(self) -> None:
        """Have it close its files, and end it for good. Nothing may be asked any more."""
        with self._lock:
            self._stopped = True
            worker, self._worker = self._worker, None
        if worker is not None:
            if worker.is_alive:
                with suppress(WorkerDiedError):
                    worker.ask({"do": "close"})
            worker.end()

    def _alive(self) -> WorkerProcess:
        if find_spec("arcadedb_embedded") is None:
            raise failed(
                "UnsupportedOperationException",
                "Queries of graphs need ArcadeDB, which is not installed: pip install 'aws-stage[neptune]'. It has no "
                "package for a Mac with Intel.",
            )
        with self._lock:
            if self._stopped:
                raise WorkerDiedError("the stage is stopping")
            if self._worker is None or not self._worker.is_alive:
                if self._worker is not None:
                    self._worker.end()
                self._worker = self._start(MODULE, self._settings)
            return self._worker
