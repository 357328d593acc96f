"""The engine: looks at the clock every second and fires what is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.scheduler import crawlers, schedules, triggers
from aws_stage.engines.scheduler.crawlers import Crawlers
from aws_stage.engines.scheduler.delivery import Delivery
from aws_stage.engines.scheduler.schedules import Schedules
from aws_stage.engines.scheduler.timetable import Due, Timed, Timetable
from aws_stage.engines.scheduler.triggers import Triggers
from aws_stage.kernel.engine import Handler, Stage

logger = logging.getLogger("aws_stage.scheduler")

_TICK_SECONDS = 1.0
_REREAD_SECONDS = 2.0
"""How long a change of a schedule may go unnoticed."""


class _Source(Protocol):
    def read(self) -> list[Timed]: ...

    def fire(self, timed: Timed, due: datetime, /) -> None: ...


class Scheduler:
    """Fires EventBridge schedules, crawler schedules and Glue triggers."""

    name = "scheduler"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._delivery = Delivery(stage.client, stage.settings.region, stage.clock.monotonic)
        self._schedules = Schedules(stage.client, self._delivery)
        self._triggers = Triggers(stage, self.name)
        self._sources: Mapping[str, _Source] = {
            schedules.PREFIX: self._schedules,
            crawlers.PREFIX: Crawlers(stage.client),
            triggers.PREFIX: self._triggers,
        }
        self.operations: Mapping[tuple[str, str], Handler] = self._triggers.operations
        self._timetable = Timetable(stage.store(self.name))
        self._items: list[Timed] = []
        self._reread = float("-inf")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(10)

    def tick(self) -> None:
        """Fire what is due now, by the stage's clock."""
        now, passed = self._stage.clock.now(), self._stage.clock.monotonic()
        if passed >= self._reread:
            self._items = [item for source in self._sources.values() for item in source.read()]
            self._reread = passed + _REREAD_SECONDS
        self._delivery.retry()
        due, completed = self._timetable.due(self._items, now)
        for item in due:
            self._fire(item)
        for timed in completed:
            if timed.key.startswith(schedules.PREFIX):
                self._schedules.complete(timed)

    def _source_of(self, timed: Timed) -> _Source:
        return next(source for prefix, source in self._sources.items() if timed.key.startswith(prefix))

    def _fire(self, due: Due) -> None:
        """One schedule that cannot fire must not keep the others from it."""
        try:
            self._source_of(due.timed).fire(due.timed, due.moment)
        except Exception:
            logger.exception("%s could not fire", due.timed.key)

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            try:
                self.tick()
            except (ClientError, BotoCoreError) as error:
                if not self._stopped.is_set():
                    logger.warning("the schedules could not be read: %s", error)
            except Exception:
                logger.exception("the scheduler's tick broke")
