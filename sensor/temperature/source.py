"""A temperature simulation as the source of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.pacing import Pacer
from sensor.packing import Lines
from sensor.run import StopRequest
from sensor.temperature.simulation import TemperatureSimulation


class SimulationSource:
    """``count`` lines of ``simulation`` (None: without end) at the pace of ``pacer``."""

    def __init__(self, simulation: TemperatureSimulation, pacer: Pacer, count: int | None) -> None:
        self._simulation = simulation
        self._pacer = pacer
        self._count = count

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due."""
        window = self._pacer.window if self._simulation.options.interval is None else None
        left = self._count
        while not stop.stopped and left != 0:
            due = self._pacer.due()
            if not due:
                stop.event.wait(self._pacer.pause())
                yield ()
                continue
            block = self._simulation.take(due if left is None else min(due, left), window)
            self._pacer.sent(block.plan.lines)
            left = None if left is None else left - block.plan.lines
            yield block.by_device()
