"""Asynchronous invocations: an event is on disk before it is accepted, and is tried as its function's settings say."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aws_stage.storage.store import Store

logger = logging.getLogger("aws_stage.lambda")

AT_ONCE = 16
RETRIES = 2
EVENT_AGE_SECONDS = 21_600
"""What holds without settings: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
RETRY_SECONDS = 1.0
THROTTLED_SECONDS = 0.5
LONGEST_SECONDS = 30.0
"""AWS waits for minutes; here nobody wants to."""
RESUMED_SECONDS = 2.0
"""After a start, until the stage that functions call answers."""
_KIND = "events"


@dataclass
class Pending:
    """An accepted event."""

    identity: str
    function_arn: str
    event: Any
    accepted: float
    """In steady seconds since the epoch: nobody ages an event by setting a clock."""
    attempts: int = 0
    throttles: int = 0
    depth: int = 0
    """In calls of functions by functions."""


class EventQueue:
    """Events that wait, in the order in which they are due."""

    def __init__(self, store: Store, attempt: Callable[[Pending], float | None], now: Callable[[], float]) -> None:
        self._now = now
        self._store = store
        self._attempt = attempt
        self._due: list[tuple[float, int, Pending]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._free = threading.Semaphore(AT_ONCE)
        self._pool = ThreadPoolExecutor(AT_ONCE, "lambda-async")
        self._stopped = False
        self._earlier = [Pending(**document) for _, document in store.items(_KIND)]

    def start(self) -> None:
        """Take up what an earlier stage accepted, and begin to take events as they become due."""
        for pending in self._earlier:
            self._wait(pending, RESUMED_SECONDS)
        threading.Thread(target=self._run, name="lambda-async", daemon=True).start()

    def stop(self) -> None:
        """Take no more; those that wait are the next stage's."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def accept(self, function_arn: str, event: Any, depth: int = 0) -> None:
        """Keep an event, and run it soon."""
        pending = Pending(uuid.uuid4().hex, function_arn, event, self._now(), depth=depth)
        self._keep(pending)
        self._wait(pending, 0.0)

    def _keep(self, pending: Pending) -> None:
        self._store.put(_KIND, pending.identity, vars(pending))

    def _wait(self, pending: Pending, seconds: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), pending))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._free.acquire()
            with self._changed:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                pending = heapq.heappop(self._due)[2]
            self._pool.submit(self._try, pending)

    def _try(self, pending: Pending) -> None:
        try:
            again = self._attempt(pending)
        except Exception:
            logger.exception("an asynchronous invocation of %s is tried again", pending.function_arn)
            again = LONGEST_SECONDS
        finally:
            self._free.release()
        if again is None:
            self._store.delete(_KIND, pending.identity)
            return
        self._keep(pending)
        self._wait(pending, again)


def verdict(pending: Pending, result: Mapping[str, Any], settings: Mapping[str, Any], now: float) -> float | str:
    """Seconds until the next attempt, or how the event has ended; counts the attempt."""
    retries = settings.get("MaximumRetryAttempts")
    age = settings.get("MaximumEventAgeInSeconds") or EVENT_AGE_SECONDS
    if result.get("throttle"):
        pending.throttles += 1
        again = min(THROTTLED_SECONDS * 2 ** min(pending.throttles - 1, 10), LONGEST_SECONDS)
    else:
        pending.attempts += 1
        if not result.get("error"):
            return "Success"
        if pending.attempts > (RETRIES if retries is None else retries):
            return "RetriesExhausted"
        again = min(RETRY_SECONDS * 2 ** (pending.attempts - 1), LONGEST_SECONDS)
    return "EventAgeExceeded" if now + again - pending.accepted > age else again
