"""A thread that steps one consumer."""

from __future__ import annotations

import logging
import threading

from aws_stage.engines.firehose.consumer import RETRY_DELAYS, Consumer

logger = logging.getLogger("aws_stage.firehose")


class Worker:
    """Runs until ``stop``; sleeps as long as the consumer says, or until ``wake``."""

    def __init__(self, name: str, consumer: Consumer) -> None:
        self._consumer = consumer
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"firehose-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to do before the announced delay is over."""
        self._wake.set()

    def stop(self) -> None:
        """Begin to end: deliver what has come. ``join`` waits for it."""
        self._stopping = True
        self._wake.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            try:
                delay = self._consumer.step()
            except Exception:
                logger.exception("%s: a step failed", self._thread.name)
                delay = RETRY_DELAYS[-1]
            if delay != 0.0:
                self._wake.wait(delay)
                self._wake.clear()
        try:
            self._consumer.finish()
        except Exception:
            logger.exception("%s: could not finish", self._thread.name)
