"""The graph that a set of events means, whatever their order and however often each came.

This is what a store must hold once it has all of them, in plain Python: obviously right, and the oracle that the
consumer and the audit are tested against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from datastreamer.events.fleet.event import Event
from datastreamer.events.fleet.facts import EdgeType, Facet, Fact, Label, Properties, edge_id, facts_of, label_of


@dataclass(frozen=True)
class Vertex:
    """``properties`` are those of its newest facts; none where nothing but an edge speaks of it."""

    id: str
    label: Label
    properties: Properties


@dataclass(frozen=True)
class Edge:
    """From ``start`` to ``end``, ids of vertices."""

    id: str
    type: EdgeType
    start: str
    end: str
    properties: Properties


@dataclass(frozen=True)
class Graph:
    """Vertices and edges by id. A vertex is there if an event is about it or an edge leads to it."""

    vertices: dict[str, Vertex]
    edges: dict[str, Edge]

    def document(self) -> dict[str, list[dict[str, Any]]]:
        """As JSON holds it, by rising id."""
        return {
            "vertices": [
                {"id": each.id, "label": each.label.value, "properties": dict(each.properties)}
                for _, each in sorted(self.vertices.items())
            ],
            "edges": [
                {
                    "id": each.id,
                    "type": each.type.value,
                    "start": each.start,
                    "end": each.end,
                    "properties": dict(each.properties),
                }
                for _, each in sorted(self.edges.items())
            ],
        }


class Facts:
    """The newest fact of each facet of each owner."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._newest: dict[str, dict[Facet, Fact]] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Take in what ``event`` says, unless something newer is known."""
        for fact in facts_of(event):
            known = self._newest.setdefault(fact.owner, {})
            if fact.facet not in known or fact.order > known[fact.facet].order:
                known[fact.facet] = fact

    def graph(self) -> Graph:
        """What they mean together."""
        vertices: dict[str, Vertex] = {}
        edges: dict[str, Edge] = {}
        for owner, known in self._newest.items():
            removal = known.get(Facet.REMOVAL)
            valid = [fact for fact in known.values() if removal is None or fact.order >= removal.order]
            properties = {name: value for fact in valid for name, value in fact.properties.items()}
            vertices[owner] = Vertex(owner, label_of(owner), properties)
            for kind, end, more in (edge for fact in valid for edge in fact.edges):
                name = edge_id(owner, kind, end)
                edges[name] = Edge(name, kind, owner, end, more)
        for edge in edges.values():
            vertices.setdefault(edge.end, Vertex(edge.end, label_of(edge.end), {}))
        return Graph(vertices, edges)


def graph_of(events: Iterable[Event]) -> Graph:
    """The graph that ``events`` mean together."""
    return Facts(events).graph()
