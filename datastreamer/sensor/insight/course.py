"""The course of a fleet: it is registered, then each device measures once a round, while things change and fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from datastreamer.sensor.insight.changes import changed
from datastreamer.sensor.insight.installation import Installation, Said
from datastreamer.sensor.insight.measuring import Measuring
from datastreamer.sensor.insight.options import SimulationOptions
from datastreamer.sensor.insight.troubles import Note, Troubles


class Measured(NamedTuple):
    """The device at a ``position`` measured: ``measures`` as JSON without braces."""

    position: int
    measures: str


Draft = Said | Measured | Note


class Course:
    """``fleet`` and what happens to it. Equal options give equal drafts."""

    def __init__(self, options: SimulationOptions) -> None:
        begun, changes, troubles, measured = (
            np.random.Generator(np.random.SFC64(np.random.SeedSequence([options.seed, part]))) for part in range(4)
        )
        self.fleet = Installation(options.sites, options.devices, begun)
        self._changes_a_round = options.topology_changes * options.devices
        self._random = changes
        self._troubles = Troubles(self.fleet, options.incidents, troubles)
        self._measuring = Measuring(self.fleet, measured)
        self._rounds = 0

    def round(self, seconds: float) -> list[Draft]:
        """What is to be sent in the next round, at about so many ``seconds`` since 1970."""
        drafts: list[Draft] = []
        if not self._rounds:
            drafts += self.fleet.opening()
        drafts += self._troubles.round()
        drafts += self._changes()
        effects = self._troubles.effects()
        measures = self._measuring.round(self._rounds, seconds, effects)
        drafts += [
            Measured(position, measures[position])
            for position, silent in enumerate(effects.silent.tolist())
            if not silent
        ]
        self._rounds += 1
        return drafts

    def _changes(self) -> Iterator[Said]:
        count = int(self._random.poisson(self._changes_a_round))
        if not count:
            return
        involved, dead = self._troubles.involved, self._troubles.dead
        for position in self._random.integers(len(self.fleet.positions), size=count).tolist():
            if position not in involved:
                yield from changed(self.fleet, position, dead, self._random)
