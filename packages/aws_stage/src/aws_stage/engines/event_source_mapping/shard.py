"""Works one shard of one mapping: a thread that reads, and a thread for each lane that invokes.

Nothing here waits for another shard or mapping. What is on disk is always a place at or before the first record that is
not processed, so a record may come twice and is never left out.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Sequence

from urllib3.exceptions import HTTPError

from aws_stage.engines.event_source_mapping.delivery import Delivery
from aws_stage.engines.event_source_mapping.lane import Discard, Lane, Step, Wait
from aws_stage.engines.event_source_mapping.positions import Position
from aws_stage.engines.event_source_mapping.records import Record
from aws_stage.engines.event_source_mapping.shard_reader import Kept, ReadError, Reading, ShardReader
from aws_stage.engines.event_source_mapping.verdict import NotInvoked
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.event_source_mapping")

IDLE_SECONDS = 1.0
"""How often a shard is asked without a signal of new records: AWS's base rate."""
BREATH_SECONDS = 0.02
"""The least time between two reads of a shard that had nothing more, so that single puts are read in handfuls."""
RETRY_SECONDS = 1.0
"""Pause after a shard could not be read."""
BUFFER_RECORDS = 10_000
BUFFER_BYTES = 16 * 1024 * 1024
"""More than this is not read ahead (or two batches a lane, when they are larger)."""

Select = Callable[[Sequence[Record]], Sequence[Record]]


class Shard:
    """``position`` is the kept one. ``select`` filters what is read; ``save`` keeps a position; ``problem`` is told why
    a read failed.

    ``on_end`` is called when the shard has ended and everything of it is processed.
    """

    def __init__(
        self,
        reader: ShardReader,
        lanes: Sequence[Lane],
        delivery: Delivery,
        *,
        position: Position | None,
        select: Select,
        save: Callable[[Position], None],
        problem: Callable[[str], None],
        on_end: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._lanes = lanes
        self._delivery = delivery
        self._select = select
        self._save = save
        self._problem = problem
        self._on_end = on_end
        self._clock = clock
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._arrival = threading.Event()
        self._read_all = False
        self._read_to = position.kept if position else None
        self._saved = position
        kept_lanes = position.lanes if position is not None and len(position.lanes) == len(lanes) else ()
        for lane, done in zip(lanes, kept_lanes, strict=False):
            lane.done = done
        self._done = [-1 if done is None else int(done) for done in kept_lanes]
        self._room = max(BUFFER_RECORDS, 2 * delivery.options.batch_size * len(lanes))
        name = f"esm-{delivery.shard_id}"
        self._threads = [threading.Thread(target=self._read, name=name, daemon=True)] + [
            threading.Thread(target=self._work, args=(lane,), name=f"{name}-lane-{number}", daemon=True)
            for number, lane in enumerate(lanes)
        ]

    def start(self) -> None:
        """Begin to read and to invoke."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Records have come."""
        self._arrival.set()

    def stop(self) -> None:
        """Begin to end: running invocations are waited for, no further one begins."""
        self._stop.set()
        self._arrival.set()
        with self._changed:
            self._changed.notify_all()

    def join(self, deadline: float | None = None) -> None:
        """Wait for the end, at most until ``deadline`` (of ``time.monotonic``)."""
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def _read(self) -> None:
        while self._wait_for_room():
            self._arrival.clear()
            began = time.monotonic()
            moment, now = self._clock.now().timestamp(), self._now()
            try:
                reading = self._reader.read()
                kept = self._select(reading.records)
            except (ReadError, HTTPError) as error:
                logger.warning("%s: %s", threading.current_thread().name, error)
                self._problem(f"PROBLEM: {error}")
                self._pause(RETRY_SECONDS)
                continue
            except Exception:
                logger.exception("%s could not be read", threading.current_thread().name)
                self._pause(RETRY_SECONDS)
                continue
            self._delivery.monitor.polled(len(reading.records))
            self._delivery.monitor.filtered(len(reading.records) - len(kept))
            self._hand_out(reading, kept, moment, now)
            if reading.ended:
                break
            if not reading.behind:
                self._await_arrival(began)

    def _hand_out(self, reading: Reading, kept: Sequence[Record], moment: float, now: float) -> None:
        """``moment`` (seconds since the epoch) and ``now`` (monotonic): when the reading began."""
        shares: dict[int, list[Record]] = {}
        if len(self._lanes) == 1:
            shares[0] = list(kept)
        else:
            for record in kept:
                number = zlib.crc32(record.partition_key.encode()) % len(self._lanes)
                if not self._done or int(record.sequence_number) > self._done[number]:
                    shares.setdefault(number, []).append(record)
        with self._changed:
            for number, share in shares.items():
                self._lanes[number].offer(share, self._now(), moment - now)
            for lane in self._lanes:
                if not reading.behind:
                    lane.caught_up(moment, now)
                if reading.ended:
                    lane.end()
            if reading.records:
                self._read_to = Kept(after=reading.records[-1].sequence_number)
            self._read_all = reading.ended
            self._keep_position()
            self._changed.notify_all()

    def _work(self, lane: Lane) -> None:
        while (step := self._next(lane)) is not None:
            try:
                self._take(lane, step)
            except Exception:
                logger.exception("%s: a batch failed", threading.current_thread().name)
                self._pause(RETRY_SECONDS)

    def _take(self, lane: Lane, step: Step) -> None:
        if isinstance(step, Discard):
            self._delivery.discard(step.batch, step.condition, lane.window)
            with self._changed:
                lane.discarded(step.batch)
                self._progressed()
        elif not isinstance(step, Wait):
            verdict = self._delivery.invoke(step.batch, lane.window)
            with self._changed:
                if self._stop.is_set() and isinstance(verdict, NotInvoked):
                    return
                lane.conclude(step.batch, verdict, self._now())
                self._progressed()

    def _next(self, lane: Lane) -> Step | None:
        """What the lane is to do; None when it is to end."""
        with self._changed:
            while not self._stop.is_set():
                step = lane.next(self._now())
                if not isinstance(step, Wait):
                    return step
                if self._read_all and lane.idle:
                    return None
                self._changed.wait(step.seconds)
        return None

    def _progressed(self) -> None:
        self._keep_position()
        self._changed.notify_all()

    def _keep_position(self) -> None:
        """With the lock held: keep the place before the first record that is not processed."""
        waiting = [record for lane in self._lanes if (record := lane.oldest()) is not None]
        ended = self._read_all and all(lane.idle for lane in self._lanes)
        kept = Kept(at=min(waiting).sequence_number) if waiting else self._read_to
        window = self._lanes[0].window
        lanes = tuple(lane.done for lane in self._lanes) if len(self._lanes) > 1 else ()
        position = Position(kept, ended, window.document() if window is not None else None, lanes)
        if position in (self._saved, Position(lanes=lanes)):
            return
        try:
            self._save(position)
        except (sqlite3.Error, OSError):  # a full disk must not end the thread; the next position is tried again
            logger.exception("%s: its position could not be kept", threading.current_thread().name)
            return
        self._saved = position
        if ended:
            self._on_end()

    def _wait_for_room(self) -> bool:
        with self._changed:
            while not self._stop.is_set() and (
                sum(lane.waiting for lane in self._lanes) >= self._room
                or sum(lane.bytes for lane in self._lanes) >= BUFFER_BYTES
            ):
                self._changed.wait()
        return not self._stop.is_set()

    def _await_arrival(self, began: float) -> None:
        self._pause(began + BREATH_SECONDS - time.monotonic())
        self._arrival.wait(IDLE_SECONDS)

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._stop.wait(seconds)

    def _now(self) -> float:
        return self._clock.monotonic()
