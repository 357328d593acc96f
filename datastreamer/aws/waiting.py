"""Waiting for AWS to end what it began, or to take what it does not take yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore.exceptions import ClientError

from datastreamer.aws.clock import Clock
from datastreamer.errors import RetryableError

Report = Callable[[str], None]
"""Told the present state on every poll."""

CLOCK: Final = Clock()

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """How long to wait at most and between two looks (seconds), and the clock to wait by."""

    timeout: float = 900.0
    every: float = 1.0
    clock: Clock = CLOCK


PATIENT: Final = Patience()


def wait_for(
    what: str, look: Callable[[], tuple[str, bool]], *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> str:
    """Call ``look`` (-> state, whether it is the end) until the end; returns the last state.

    Raises RetryableError, naming ``what`` and its state, after ``patience.timeout``; whatever ``look`` raises goes on.
    """
    deadline = patience.clock.now() + patience.timeout
    while True:
        state, ended = look()
        report(state)
        if ended:
            return state
        if patience.clock.now() >= deadline:
            raise RetryableError(f"{what} is still {state} after {patience.timeout:.0f} s; it goes on without us")
        patience.clock.sleep(patience.every)


def settled(look: Callable[[], Answer], *, done: Callable[[Answer], bool], patience: Patience = PATIENT) -> Answer:
    """The first answer of ``look`` that is ``done``, or, when ``patience`` ends, the last that was not."""
    deadline = patience.clock.now() + patience.timeout
    while True:
        found = look()
        if done(found) or patience.clock.now() >= deadline:
            return found
        patience.clock.sleep(patience.every)


def once_taken(
    call: Callable[[], Answer],
    *,
    not_yet: Callable[[ClientError], bool],
    state: str,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> Answer:
    """The answer of ``call``, which is made again while AWS refuses it with an error that ``not_yet`` is true of.

    ``state`` is what is reported meanwhile. Such an error is raised after ``patience.timeout``, any other at once.
    """
    deadline = patience.clock.now() + patience.timeout
    while True:
        try:
            return call()
        except ClientError as error:
            if not not_yet(error) or patience.clock.now() >= deadline:
                raise
            report(state)
            patience.clock.sleep(patience.every)
