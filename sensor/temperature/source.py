"""A temperature simulation as the source of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.pacing import Pacer
from sensor.packing import Lines
from sensor.stopping import StopRequest
from sensor.temperature.simulation import TemperatureSimulation
from sensor.unreadable import Unreadable


class SimulationSource:
    """``count`` lines of ``simulation`` (None: without end) at the pace of ``pacer``."""

    def __init__(self, simulation: TemperatureSimulation, pacer: Pacer, count: int | None) -> None:
        self._simulation = simulation
        self._pacer = pacer
        self._count = count
        self._sent = 0
        self.unreadable = Unreadable()

    def progress(self) -> float | None:
        """The fraction done, or None when there is no end."""
        return None if self._count is None else self._sent / self._count

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due."""
        window = self._pacer.window if self._simulation.options.interval is None else None
        self._pacer.start()
        while not stop.stopped and self._sent != self._count:
            due = self._pacer.due()
            if not due:
                stop.wait(self._pacer.pause())
                yield ()
                continue
            block = self._simulation.take(due if self._count is None else min(due, self._count - self._sent), window)
            self._pacer.sent(block.plan.lines)
            self._sent += block.plan.lines
            yield block.by_device()
