"""One instance of a variant: a server process that is started, watched, and started again when it ends."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import IO

from aws_stage.engines.sagemaker.hosting.process import Launch, ServerProcess
from aws_stage.engines.sagemaker.hosting.server_client import ServerClient

logger = logging.getLogger("aws_stage.sagemaker")

RESTART_DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before a process that ended is started again, growing while it does not stay up."""
STAYS_UP_SECONDS = 30.0
"""A process that was up this long has nothing to do with earlier failures."""
STARTUP_ATTEMPTS = 3
"""How often a new container may end before its first ping until the deployment fails."""
PING_TIMEOUT = 2.0
PING_INTERVAL = 5.0
UNANSWERED_PINGS = 6
"""AWS: a container must answer a ping within 2 seconds; one that does not for 30 seconds is replaced."""
_POLL_SECONDS = 0.02

TakeOutput = Callable[[str, IO[bytes]], None]


class Instance:
    """``start`` it, wait for ``settled``; then ``client`` is set while the process answers.

    ``failure`` says why it will never answer: its model cannot be served, or its process ends again and again before
    it has ever answered.
    """

    def __init__(
        self, launch: Launch, startup_seconds: int, take_output: TakeOutput, changed: Callable[[], None]
    ) -> None:
        self.id = f"i-{secrets.token_hex(8)}"
        self._launch = replace(launch, folder=launch.folder / self.id)
        self._startup_seconds = startup_seconds
        self._take_output = take_output
        self._changed = changed
        self.client: ServerClient | None = None
        self.pid: int | None = None
        self.failure: str | None = None
        self.settled = threading.Event()
        self.outstanding = 0
        self._last_words = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name=f"sagemaker-{self.id}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Begin to end the process, whatever it does; ``join`` waits for it."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until no process of it is left."""
        if self._thread.ident is not None:
            self._thread.join()

    def _supervise(self) -> None:
        self._launch.folder.mkdir(parents=True, exist_ok=True)
        short_lives = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._live()
            except OSError as error:
                logger.exception("instance %s could not be started", self.id)
                self._fail(f"Its server process could not be started: {error}")
                return
            if self.failure is not None:
                return
            short_lives = 1 if time.monotonic() - started > STAYS_UP_SECONDS else short_lives + 1
            if not self.settled.is_set() and short_lives >= STARTUP_ATTEMPTS:
                self._fail(f"Its process ended {short_lives} times before it answered: {self._last_words}")
                return
            self._stopping.wait(RESTART_DELAYS[min(short_lives, len(RESTART_DELAYS)) - 1])

    def _live(self) -> None:
        """One life of the process, from its start to its end."""
        process = ServerProcess(self._launch)
        self.pid = process.pid
        reader = threading.Thread(target=self._take_output, args=(self.id, process.output), daemon=True)
        reader.start()
        self._changed()
        try:
            if self._comes_up(process):
                self.client = process.client
                self.settled.set()
                self._watch(process)
        finally:
            self.client = None
            self.pid = None
            process.end()
            reader.join(1.0)
            self._changed()
        self._last_words = process.error() or f"exit status {process.exited()}"
        if not self._stopping.is_set():
            logger.warning("instance %s: its process ended (status %s)", self.id, process.exited())
            if process.refusal() is not None:
                self._fail(process.refusal() or "")

    def _comes_up(self, process: ServerProcess) -> bool:
        deadline = time.monotonic() + self._startup_seconds
        while not self._stopping.is_set() and process.exited() is None:
            # The socket listens before the process does: this ping is answered as soon as the model is loaded.
            if process.client.ping(PING_TIMEOUT):
                return True
            if time.monotonic() > deadline and not self.settled.is_set():
                self._fail(f"It did not answer within {self._startup_seconds} seconds")
                return False
            self._stopping.wait(_POLL_SECONDS)
        return False

    def _watch(self, process: ServerProcess) -> None:
        unanswered = 0
        next_ping = time.monotonic() + PING_INTERVAL
        while not self._stopping.wait(_POLL_SECONDS) and process.exited() is None and unanswered < UNANSWERED_PINGS:
            if time.monotonic() >= next_ping or self.client is None:
                if process.client.ping(PING_TIMEOUT):
                    self.client, unanswered = process.client, 0
                else:
                    unanswered += 1
                next_ping = time.monotonic() + PING_INTERVAL

    def _fail(self, why: str) -> None:
        self.failure = why
        self.settled.set()
