"""The questions that need both what was measured and what is connected, answered from the events in plain Python.

This is what an answer from the two stores must equal: slow, obviously right. The graph is as all events say it is,
"now"; measurements are by time. A device that moved has all its measurements, whatever it stood behind when it took
them. Spans are from ``begin`` to before ``end``; ids are ids of vertices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import StatisticsError, correlation, fmean, pstdev
from typing import Final, NamedTuple

from datastreamer.events.fleet.event import Event
from datastreamer.events.fleet.facts import REGISTERED, EdgeType, Label, label_of, vertex_id
from datastreamer.events.fleet.graph import graph_of
from datastreamer.events.fleet.payloads import Metric

SIGMAS: Final = 3.0
"""Deviation from devices of the same model and site beyond which one is a candidate for maintenance."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Span(NamedTuple):
    """From ``begin`` to before ``end``, both aware."""

    begin: datetime
    end: datetime


class Hit(NamedTuple):
    """A device that something takes down with it: when it measured last, and how long it has been silent; None where
    it never did."""

    device: str
    last: datetime | None
    silence: timedelta | None


class Ancestor(NamedTuple):
    """What ``shared`` of the devices in question have in common, and ``all`` devices of the fleet."""

    vertex: str
    shared: int
    all: int


class Candidate(NamedTuple):
    """A device whose mean is ``deviation`` standard deviations off, and how many others ``depend`` on it."""

    device: str
    deviation: float
    depend: int


class History:
    """All that ``events`` say, each event once or more, in any order."""

    def __init__(self, events: Iterable[Event]) -> None:
        every = list(events)
        self.graph = graph_of(every)
        self._ends: dict[EdgeType, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._starts: dict[EdgeType, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for edge in self.graph.edges.values():
            self._ends[edge.type][edge.start].add(edge.end)
            self._starts[edge.type][edge.end].add(edge.start)
        newest: dict[tuple[str, datetime], Event] = {}
        for event in every:
            if isinstance(event.payload, Metric):
                key = (vertex_id(Label.DEVICE, event.payload.device_id), event.occurred_at)
                if key not in newest or event.order > newest[key].order:
                    newest[key] = event
        self._metrics: dict[str, list[tuple[datetime, Metric]]] = defaultdict(list)
        for (device, at), event in sorted(newest.items()):
            if isinstance(event.payload, Metric):
                self._metrics[device].append((at, event.payload))
        self.devices = sorted(
            name
            for name, vertex in self.graph.vertices.items()
            if vertex.label is Label.DEVICE and vertex.properties.get("state") == REGISTERED
        )
        """Those that are registered now."""

    def values(self, device: str, measure: str, span: Span) -> list[float]:
        """What ``device`` measured in ``span``, in the order of time."""
        found = (
            getattr(metric.measures, measure) for at, metric in self._metrics[device] if span.begin <= at < span.end
        )
        return [value for value in found if value is not None]

    def downstream(self, gateway: str) -> list[str]:
        """The devices behind ``gateway``, and behind all gateways that reach the world through it."""
        behind = self._reached({gateway}, self._starts[EdgeType.UPLINK])
        return sorted({device for each in behind for device in self._starts[EdgeType.CONNECTED_TO][each]})

    def mean_downstream(self, gateway: str, measure: str, span: Span) -> float | None:
        """1: the mean of all that the devices behind ``gateway`` measured; None where they measured nothing."""
        values = [value for device in self.downstream(gateway) for value in self.values(device, measure, span)]
        return fmean(values) if values else None

    def blast_radius(self, vertex: str, now: datetime) -> list[Hit]:
        """2: the devices that do not work without ``vertex``, a gateway or a device, which is not among them."""
        first = set(self.downstream(vertex)) if label_of(vertex) is Label.GATEWAY else {vertex}
        hits = []
        for device in sorted(self._reached(first, self._starts[EdgeType.DEPENDS_ON]) - {vertex}):
            last = self._last(device, now)
            hits.append(Hit(device, last, None if last is None else now - last))
        return hits

    def common_ancestors(self, measure: str, span: Span, most: int) -> list[Ancestor]:
        """3: the gateways, firmware and models of the ``most`` devices with the highest means, those first whose share
        of these devices is the furthest above their share of the fleet."""
        means = self._means(measure, span)
        hottest = sorted(means, key=lambda device: (-means[device], device))[:most]
        shared, everywhere = self._counted(hottest), self._counted(self.devices)
        found = [Ancestor(vertex, count, everywhere.get(vertex, 0)) for vertex, count in shared.items()]

        def excess(each: Ancestor) -> float:
            return each.shared / len(hottest) - each.all / len(self.devices)

        return sorted(found, key=lambda each: (-excess(each), each.vertex))

    def maintenance_effect(self, maintenance: str, measure: str, around: timedelta) -> tuple[float, float] | None:
        """4: the mean of the device ``around`` the work: before it was ordered, and after it was done; None where it
        is not done, or there is nothing on one side."""
        properties = self.graph.vertices[maintenance].properties
        if properties.get("state") != "closed" or "opened_at" not in properties:
            return None
        [device] = self._ends[EdgeType.ON][maintenance]
        opened, closed = (datetime.fromisoformat(str(properties[name])) for name in ("opened_at", "closed_at"))
        before = self.values(device, measure, Span(opened - around, opened))
        after = self.values(device, measure, Span(closed, closed + around))
        return (fmean(before), fmean(after)) if before and after else None

    def correlated(self, device: str, measure: str, span: Span, bin_width: timedelta) -> list[tuple[str, float]]:
        """5: the other devices of its site by their correlation (Pearson's r over the means of bins in which both
        measured, two at least), the highest first; without those whose r is not defined."""
        site = self.graph.vertices[device].properties["site_id"]
        mine = self._bins(device, measure, span, bin_width)
        found = []
        for other in self.devices:
            if other != device and self.graph.vertices[other].properties.get("site_id") == site:
                r = _pearson(mine, self._bins(other, measure, span, bin_width))
                if r is not None:
                    found.append((other, r))
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def silent(self, now: datetime, silence: timedelta) -> dict[str, list[str]]:
        """6: the devices that have not measured for longer than ``silence``, by what explains it: the topmost gateway
        behind which no device speaks, if there are two or more, else the device itself."""
        spoke = {device for device in self.devices if (self._last(device, now) or _NEVER) >= now - silence}
        quiet = set(self.devices) - spoke
        groups: dict[str, list[str]] = defaultdict(list)
        for device in sorted(quiet):
            path = [
                gateway
                for first in sorted(self._ends[EdgeType.CONNECTED_TO][device])
                for gateway in self._uplinks(first)
            ]
            dead = [gateway for gateway in path if len(behind := set(self.downstream(gateway))) > 1 and behind <= quiet]
            groups[dead[-1] if dead else device].append(device)
        return dict(groups)

    def site_league(self, span: Span) -> dict[tuple[str, str], float]:
        """7: by site and model, the energy [Wh] that a device took in ``span``: its mean power times the time, the mean
        of the devices that measured power at all."""
        of: dict[tuple[str, str], list[float]] = defaultdict(list)
        hours = (span.end - span.begin) / timedelta(hours=1)
        for device, watts in self._means("power", span).items():
            properties = self.graph.vertices[device].properties
            of[str(properties["site_id"]), str(properties["model"])].append(watts * hours)
        return {each: fmean(energies) for each, energies in of.items()}

    def candidates(self, measure: str, span: Span) -> list[Candidate]:
        """8: the devices whose mean is more than ``SIGMAS`` standard deviations (of the other devices' means) from the
        mean of the others of its model and site, three at least; first those on which the most depend."""
        means = self._means(measure, span)
        of: dict[tuple[object, object], list[str]] = defaultdict(list)
        for device in means:
            properties = self.graph.vertices[device].properties
            of[properties["site_id"], properties["model"]].append(device)
        found = []
        for device, mean in means.items():
            properties = self.graph.vertices[device].properties
            others = [means[each] for each in of[properties["site_id"], properties["model"]] if each != device]
            spread = pstdev(others) if len(others) >= 3 else 0.0
            if spread and abs(mean - fmean(others)) > SIGMAS * spread:
                depend = len(self._reached({device}, self._starts[EdgeType.DEPENDS_ON])) - 1
                found.append(Candidate(device, (mean - fmean(others)) / spread, depend))
        return sorted(found, key=lambda each: (-each.depend, -abs(each.deviation), each.device))

    def _means(self, measure: str, span: Span) -> dict[str, float]:
        found = ((device, self.values(device, measure, span)) for device in self.devices)
        return {device: fmean(values) for device, values in found if values}

    def _last(self, device: str, now: datetime) -> datetime | None:
        return max((at for at, _ in self._metrics[device] if at <= now), default=None)

    def _uplinks(self, gateway: str) -> list[str]:
        """``gateway``, and the gateways through which it reaches the world, nearest first."""
        path = [gateway]
        while ends := self._ends[EdgeType.UPLINK][path[-1]] - set(path):
            path.append(min(ends))
        return path

    def _counted(self, devices: Iterable[str]) -> dict[str, int]:
        """How many of ``devices`` have each gateway (however far up), firmware and model."""
        counts: dict[str, int] = defaultdict(int)
        for device in devices:
            direct = self._ends[EdgeType.CONNECTED_TO][device]
            gateways = {each for gateway in direct for each in self._uplinks(gateway)}
            for vertex in gateways | self._ends[EdgeType.RUNS][device] | self._ends[EdgeType.OF_MODEL][device]:
                counts[vertex] += 1
        return counts

    def _bins(self, device: str, measure: str, span: Span, width: timedelta) -> dict[int, float]:
        of: dict[int, list[float]] = defaultdict(list)
        for at, metric in self._metrics[device]:
            value = getattr(metric.measures, measure)
            if value is not None and span.begin <= at < span.end:
                of[(at - span.begin) // width].append(value)
        return {number: fmean(values) for number, values in of.items()}

    @staticmethod
    def _reached(first: set[str], following: dict[str, set[str]]) -> set[str]:
        found, newly = set(first), set(first)
        while newly:
            newly = {end for each in newly for end in following[each]} - found
            found |= newly
        return found


def _pearson(one: dict[int, float], other: dict[int, float]) -> float | None:
    both = sorted(one.keys() & other.keys())
    if len(both) < 2:
        return None
    try:
        return correlation([one[each] for each in both], [other[each] for each in both])
    except StatisticsError:  # one of them does not vary
        return None
