"""A simulation as the source of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.unreadable import Unreadable

Window = Callable[[int], tuple[float, float]]
"""From a number of lines to the span of wall-clock time [ms since the epoch] in which they are measured."""


class Block(Protocol):
    """Consecutive lines of a simulation."""

    @property
    def size(self) -> int:
        """How many lines."""
        ...

    def by_device(self) -> Iterator[Lines]:
        """The lines of each device, in order."""
        ...


AnyBlock = TypeVar("AnyBlock", bound=Block)
AnyBlock_co = TypeVar("AnyBlock_co", bound=Block, covariant=True)


class Simulation(Protocol[AnyBlock_co]):
    """Something that makes blocks without end."""

    @property
    def interval(self) -> float | None:
        """Seconds between two readings of a device, or None when times follow the wall clock."""
        ...

    def take(self, limit: int, window: Window | None = None) -> AnyBlock_co:
        """The next lines, at least one and at most ``limit``; ``window`` says when they are measured."""
        ...


class SimulationSource:
    """``count`` lines of ``simulation`` (None: without end) at the pace of ``pacer``.

    ``witness`` sees each block before its lines are sent.
    """

    def __init__(
        self,
        simulation: Simulation[AnyBlock],
        pacer: Pacer,
        count: int | None,
        witness: Callable[[AnyBlock], None] = lambda _: None,
    ) -> None:
        window = pacer.window if simulation.interval is None else None

        def next_block(limit: int) -> Block:
            block = simulation.take(limit, window)
            witness(block)
            return block

        self._next_block = next_block
        self._pacer = pacer
        self._count = count
        self._sent = 0
        self.unreadable = Unreadable()

    def progress(self) -> float | None:
        """The fraction done, or None when there is no end."""
        return None if self._count is None else self._sent / self._count

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due."""
        self._pacer.start()
        while not stop.stopped and self._sent != self._count:
            due = self._pacer.due()
            if not due:
                stop.wait(self._pacer.pause())
                yield ()
                continue
            block = self._next_block(due if self._count is None else min(due, self._count - self._sent))
            self._pacer.sent(block.size)
            self._sent += block.size
            yield block.by_device()
