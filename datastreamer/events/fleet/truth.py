"""The truth about a simulated fleet, kept in a file beside the run: what went wrong and why, and what the graph is.

JSON Lines. The first line has the run's options; one follows when an incident begins and one when it ends; the last
ones, written when the run ends, are the vertices and edges that its events mean. The simulator writes it; whoever
judges an answer reads it. Devices know nothing of it, and send nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.events.fleet.graph import Graph

RUN: Final = "run"
BEGAN: Final = "incident_began"
ENDED: Final = "incident_ended"
VERTEX: Final = "vertex"
EDGE: Final = "edge"
_KINDS: Final = (RUN, BEGAN, ENDED, VERTEX, EDGE)


@dataclass
class IncidentTruth:
    """``cause`` is the id of a vertex, ``troubled`` and ``dependents`` are ids of devices' vertices: those whose own
    measurements suffer or stop, and those that suffer because they depend on them.

    ``began`` and ``ended`` are times of the events around it, as events have them; ``ended`` is None while it goes on.
    ``orders``: ids of the maintenance that repaired it.
    """

    incident: str
    kind: str
    cause: str
    troubled: list[str]
    dependents: list[str]
    began: str
    ended: str | None = None
    orders: list[str] = field(default_factory=list)


@dataclass
class Truth:
    """What a file says. ``graph`` is as ``Graph.document`` gives it; None of a run that did not end by itself."""

    options: dict[str, Any]
    incidents: dict[str, IncidentTruth]
    graph: dict[str, list[dict[str, Any]]] | None


class TruthFile:
    """Takes the truth of a run; a context. An existing file is never overwritten, and none is left behind by a run that
    produced no event.

    Raises UsageError when ``path`` exists, ConfigurationError when it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._used = False
        if path.exists():
            raise UsageError(f"{path} exists, and the truth is evidence: move it away or name another with --truth")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("x", encoding="utf-8")
        except OSError as error:
            raise self._cannot(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._used:
            self._path.unlink(missing_ok=True)

    def run(self, options: Mapping[str, Any]) -> None:
        """What the run was asked for: the first that is written."""
        self._write([{"truth": RUN, **options}])

    def began(self, incident: IncidentTruth) -> None:
        """Note it before the first event that it changes is sent."""
        said = {name: value for name, value in vars(incident).items() if name not in ("ended", "orders")}
        self._write([{"truth": BEGAN, **said}])

    def ended(self, incident: str, at: str, orders: list[str]) -> None:
        """Note that it is over, and which orders repaired it."""
        self._write([{"truth": ENDED, "incident": incident, "ended": at, "orders": orders}])

    def graph(self, graph: Graph) -> None:
        """What the run's events mean together: the last that is written."""
        document = graph.document()
        self._write({"truth": VERTEX, **each} for each in document["vertices"])
        self._write({"truth": EDGE, **each} for each in document["edges"])

    def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        self._used = True
        try:
            self._file.writelines(f"{json.dumps(line)}\n" for line in lines)
            self._file.flush()
        except OSError as error:
            raise self._cannot(error) from error

    def _cannot(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"the truth {self._path} cannot be written: {error.strerror}. Name another place with --truth"
        )


def read_truth(path: Path) -> Truth:
    """What ``path`` says; raises ConfigurationError when it is not a file of the truth."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the truth {path} cannot be read: {error}") from error
    said: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
    try:
        for line in lines:
            said[line.pop("truth")].append(line)
        [options] = said[RUN]
        incidents = {line["incident"]: IncidentTruth(**line) for line in said[BEGAN]}
        for line in said[ENDED]:
            vars(incidents[line["incident"]]).update(ended=line["ended"], orders=line["orders"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"{path} is not a file of the truth about a fleet: {error!r}") from error
    graph = {"vertices": said[VERTEX], "edges": said[EDGE]} if said[VERTEX] else None
    return Truth(options, incidents, graph)
