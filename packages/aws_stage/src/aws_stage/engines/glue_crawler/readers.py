"""Reading the objects of a crawl in workers, so that what is in them reaches nobody else."""

from __future__ import annotations

import threading

from aws_stage.engines.glue_crawler.objects import StoredObject
from aws_stage.engines.glue_crawler.profile import Profile
from aws_stage.engines.glue_crawler.profile_documents import decoded
from aws_stage.workers.pool import WorkerPool
from aws_stage.workers.process import WorkerDiedError, WorkerProcess

WORKER = "aws_stage.engines.glue_crawler.worker"
"""The module that a worker runs."""
READ_SECONDS = 60.0
"""How long one object may take. Some 300 KB of it are read, so this is for what never ends."""


class UnreadableError(Exception):
    """The object cannot be read; the message says why."""


class Readers:
    """The readers of one crawl. ``read`` is called by several threads; after ``stop`` each of its reads fails."""

    def __init__(self, pool: WorkerPool, seconds: float = READ_SECONDS) -> None:
        self._pool = pool
        self._seconds = seconds
        self._lock = threading.Lock()
        self._working: set[WorkerProcess] = set()
        self._stopped = False

    def read(self, bucket: str, item: StoredObject) -> Profile | None:
        """The profile of an object, None when no classifier knows it.

        Raises UnreadableError for what cannot be read, ValueError when S3 refuses it.
        """
        with self._pool.worker() as worker:
            with self._lock:
                self._working.add(worker)
                if self._stopped:
                    raise UnreadableError("the crawl was stopped")
            timer = threading.Timer(self._seconds, worker.kill)
            timer.daemon = True
            timer.start()
            try:
                answer = worker.ask({"bucket": bucket, "key": item.key, "size": item.size, "etag": item.etag})
            except WorkerDiedError as error:
                raise UnreadableError(f"reading it ended its process ({error})") from error
            finally:
                timer.cancel()
                with self._lock:
                    self._working.discard(worker)
        if "refused" in answer:
            raise ValueError(answer["refused"])
        if "unreadable" in answer:
            raise UnreadableError(answer["unreadable"])
        return None if answer["profile"] is None else decoded(answer["profile"])

    def stop(self) -> None:
        """End every read under way."""
        with self._lock:
            self._stopped = True
            working = list(self._working)
        for worker in working:
            worker.kill()
