"""Writes the truth of a run to its file, block by block, before the block is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datastreamer.events.fleet.graph import Facts
from datastreamer.events.fleet.truth import IncidentTruth, TruthFile
from datastreamer.sensor.insight.simulation import Block


class Witness:
    """Writes to ``file`` the run's ``options``, what goes wrong, and at the end what graph the events mean."""

    def __init__(self, file: TruthFile, options: Mapping[str, Any]) -> None:
        self._file = file
        self._options = options
        self._facts: Facts | None = None

    def see(self, block: Block) -> None:
        """Take in a block's facts and moments."""
        if self._facts is None:
            self._facts = Facts()
            self._file.run(self._options)
        for line in block.lines:
            if line.event:
                self._facts.add(line.event)
        for (incident, began), at in block.moments:
            if began:
                self._file.began(
                    IncidentTruth(
                        incident=incident.name,
                        kind=incident.kind,
                        cause=incident.cause,
                        troubled=incident.troubled_devices,
                        dependents=incident.dependent_devices,
                        began=at,
                    )
                )
            else:
                self._file.ended(incident.name, at, incident.orders)

    def close(self) -> None:
        """All that was seen was sent."""
        if self._facts is not None:
            self._file.graph(self._facts.graph())
