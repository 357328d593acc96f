"""Lambda: an asynchronous invocation is on disk before it is accepted, and is tried as its function's settings say.

ministack holds it in a thread of its own, as many as there are, so that it is lost with the process; it takes a
throttled attempt for a failed one, and overlooks the function's settings for asynchronous invocation.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_stage.kernel.steady_time import SteadyTime
from aws_stage.patches.lambda_destinations import Destinations, Finished
from aws_stage.patches.replace import replace
from aws_stage.storage.items import ItemStore
from aws_stage.storage.manifest.manifest import Manifest

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
_NO_SORT_KEY = ""


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


class EventQueue:
    """Events that wait, in the order in which they are due."""

    def __init__(self, store: ItemStore, attempt: Callable[[Pending], float | None], now: Callable[[], float]) -> None:
        self._now = now
        self._rows = store.open("events")
        self._attempt = attempt
        self._due: list[tuple[float, int, Pending]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._free = threading.Semaphore(AT_ONCE)
        self._pool = ThreadPoolExecutor(AT_ONCE, "lambda-async")

    def start(self) -> None:
        """Begin to take events as they become due."""
        threading.Thread(target=self._run, name="lambda-async", daemon=True).start()

    def accept(self, function_arn: str, event: Any) -> None:
        """Keep an event, and run it soon."""
        pending = Pending(uuid.uuid4().hex, function_arn, event, self._now())
        self._keep(pending)
        self._wait(pending, 0.0)

    def resume(self) -> None:
        """Take up what an earlier stage accepted."""
        with self._rows.after() as rows:
            found = [Pending(**json.loads(content)) for content, _ in rows]
        for pending in found:
            self._wait(pending, RESUMED_SECONDS)

    def _keep(self, pending: Pending) -> None:
        content = json.dumps(vars(pending)).encode()
        self._rows.put(pending.identity, _NO_SORT_KEY, content, len(content), None)

    def _wait(self, pending: Pending, seconds: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), pending))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._free.acquire()
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
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
            self._rows.delete(pending.identity, _NO_SORT_KEY)
            return
        self._keep(pending)
        self._wait(pending, again)


def settings_of(lambda_svc: Any, arn: str) -> Mapping[str, Any]:
    """A function's settings for asynchronous invocation, by the qualifier that was invoked."""
    base, _, _ = lambda_svc._get_base_func_record_for_ref(arn)
    _, qualifier = lambda_svc._lambda_function_name_and_qualifier_from_arn(arn)
    found = lambda_svc._event_invoke_config(base, qualifier) if base else None
    return found or (base or {}).get("event_invoke_configs", {}).get("$LATEST") or {}


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


def apply(manifest: Manifest) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    destinations = Destinations(f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}", os.environ["MINISTACK_REGION"])

    def attempt(pending: Pending) -> float | None:
        account, region = lambda_svc._lambda_function_account_region_from_arn(pending.function_arn)
        with request_scope(account, region):
            function, config, _ = lambda_svc._get_func_record_for_ref(pending.function_arn)
            if function is None:
                return None  # deleted, and its events with it
            record = lambda_svc._execution_record_for_config(function, {**config, "FunctionArn": pending.function_arn})
            result = lambda_svc._execute_function(record, pending.event)
            settings = settings_of(lambda_svc, pending.function_arn)
        after = verdict(pending, result, settings, steady.time())
        if isinstance(after, float):
            return after
        finished = Finished(pending.function_arn, pending.event, after, pending.attempts, config, result)
        destinations.tell(finished, settings)
        return None

    steady = SteadyTime()
    state = Path(os.environ["STATE_DIR"])
    queue = EventQueue(ItemStore(state.with_name("lambda") / "events.sqlite", manifest), attempt, steady.time)

    def invoke_async(function: dict[str, Any], event: Any) -> None:
        queue.accept((function.get("config") or function)["FunctionArn"], event)

    replace(lambda_svc, "invoke_async_with_retry", invoke_async)

    def load(data: Any) -> None:
        original_load(data)
        queue.resume()

    original_load = replace(lambda_svc, "load_persisted_state", load)
    queue.start()
