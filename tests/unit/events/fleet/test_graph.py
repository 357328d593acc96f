"""The graph that events mean: the same whatever their order, and what a reader of the events in order would say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.fleet.event import Event, parse_event
from datastreamer.events.fleet.facts import EdgeType, Facet, Label, facts_of, vertex_id
from datastreamer.events.fleet.graph import Facts, Graph, graph_of
from datastreamer.events.fleet.payloads import (
    DependsOn,
    DeviceMoved,
    DeviceRegistered,
    DeviceRemoved,
    FirmwareChanged,
    GatewayRegistered,
    LinkChanged,
    MaintenanceClosed,
    MaintenanceOpened,
    Measures,
    Metric,
    Payload,
    SiteRegistered,
)
from tests.unit.events.fleet.events import PAYLOADS as EXAMPLES
from tests.unit.events.fleet.events import line

WHEN = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
AT = "2026-11-30T08:30:00.000Z"


def event(version: int, payload: Payload, *, site: str = "tokyo", event_id: str = "") -> Event:
    return Event(event_id or f"e-{version}", WHEN, site, "registry", version, payload)


def device(version: int, name: str = "d-1", gateway: str = "g-1", **more: Any) -> Event:
    return event(version, DeviceRegistered(name, "pump-a", "pump-a-1.0", gateway, ("power",)), **more)


def edges(graph: Graph, *types: EdgeType) -> set[tuple[str, str]]:
    return {(edge.start, edge.end) for edge in graph.edges.values() if edge.type in types}


def test_a_fleet_has_the_vertices_and_edges_that_its_events_say() -> None:
    graph = graph_of(
        [
            event(1, SiteRegistered("Tokyo")),
            event(1, GatewayRegistered("g-1"), event_id="g-1"),
            event(1, GatewayRegistered("g-2", "g-1"), event_id="g-2"),
            device(1),
            event(2, LinkChanged("d-1", "g-2", -71.0)),
            event(3, DependsOn("d-1", ("d-2",))),
            event(4, FirmwareChanged("d-1", "pump-a-1.1")),
            event(1, MaintenanceOpened("m-1", "d-1", "it shakes"), event_id="m-1"),
            event(9, Metric("d-7", "g-7", "pump-a", Measures(power=5.0))),
        ]
    )
    assert graph.document() == {
        "vertices": [
            {"id": "device:d-1", "label": "Device", "properties": registered(model="pump-a", site_id="tokyo")},
            {"id": "device:d-2", "label": "Device", "properties": {}},
            {"id": "firmware:pump-a-1.1", "label": "Firmware", "properties": {}},
            {"id": "gateway:g-1", "label": "Gateway", "properties": registered(site_id="tokyo")},
            {"id": "gateway:g-2", "label": "Gateway", "properties": registered(site_id="tokyo")},
            {
                "id": "maintenance:m-1",
                "label": "Maintenance",
                "properties": {"opened_at": AT, "reason": "it shakes", "state": "open", "site_id": "tokyo"},
            },
            {"id": "model:pump-a", "label": "Model", "properties": {}},
            {"id": "sensor:d-1:power", "label": "Sensor", "properties": {}},
            {"id": "site:tokyo", "label": "Site", "properties": registered(name="Tokyo")},
        ],
        "edges": [
            edge("device:d-1", "CONNECTED_TO", "gateway:g-2", rssi=-71.0),
            edge("device:d-1", "DEPENDS_ON", "device:d-2"),
            edge("device:d-1", "HAS", "sensor:d-1:power"),
            edge("device:d-1", "OF_MODEL", "model:pump-a"),
            edge("device:d-1", "RUNS", "firmware:pump-a-1.1"),
            edge("gateway:g-1", "LOCATED_IN", "site:tokyo"),
            edge("gateway:g-2", "LOCATED_IN", "site:tokyo"),
            edge("gateway:g-2", "UPLINK", "gateway:g-1"),
            edge("maintenance:m-1", "ON", "device:d-1"),
        ],
    }


def registered(**more: Any) -> dict[str, Any]:
    return {"state": "registered", "registered_at": AT, **more}


def edge(start: str, kind: str, end: str, **properties: Any) -> dict[str, Any]:
    return {"id": f"{start}|{kind}|{end}", "type": kind, "start": start, "end": end, "properties": properties}


def test_an_older_link_that_comes_later_changes_nothing() -> None:
    moved = [device(1), event(3, DeviceMoved("d-1", "g-9"), site="osaka"), event(2, LinkChanged("d-1", "g-2"))]
    graph = graph_of(moved)
    assert edges(graph, EdgeType.CONNECTED_TO) == {("device:d-1", "gateway:g-9")}
    assert graph.vertices["device:d-1"].properties["site_id"] == "osaka"
    assert "gateway:g-2" not in graph.vertices, "nothing leads there any more"


def test_equal_versions_are_decided_by_the_event_id() -> None:
    both = [event(1, LinkChanged("d-1", name), event_id=f"e-{name}") for name in ("g-2", "g-1")]
    for order in (both, both[::-1]):
        assert edges(graph_of(order), EdgeType.CONNECTED_TO) == {("device:d-1", "gateway:g-2")}


def test_a_new_list_of_dependencies_replaces_the_one_before() -> None:
    graph = graph_of([event(1, DependsOn("d-1", ("d-2", "d-3"))), event(2, DependsOn("d-1", ("d-3",)))])
    assert edges(graph, EdgeType.DEPENDS_ON) == {("device:d-1", "device:d-3")}
    assert edges(graph_of([event(2, DependsOn("d-1", ())), event(1, DependsOn("d-1", ("d-2",)))])) == set()


def test_a_removed_device_is_marked_and_states_no_edge_but_what_others_say_of_it_stands() -> None:
    graph = graph_of(
        [
            event(2, DeviceRemoved("d-1")),
            device(1),
            event(1, DependsOn("d-5", ("d-1",))),
            event(1, LinkChanged("d-1", "g-1")),
        ]
    )
    assert graph.vertices["device:d-1"].properties == {"state": "removed", "removed_at": AT}
    assert set(graph.edges) == {"device:d-5|DEPENDS_ON|device:d-1"}


def test_a_device_that_is_registered_again_has_nothing_of_its_former_life() -> None:
    lives = [
        device(1),
        event(2, DependsOn("d-1", ("d-2",))),
        event(3, LinkChanged("d-1", "g-3", -80.0)),
        event(4, DeviceRemoved("d-1")),
        device(5, gateway="g-5"),
    ]
    graph = graph_of(lives)
    assert graph.vertices["device:d-1"].properties["state"] == "registered"
    assert "removed_at" not in graph.vertices["device:d-1"].properties
    assert edges(graph, EdgeType.CONNECTED_TO, EdgeType.DEPENDS_ON) == {("device:d-1", "gateway:g-5")}
    assert graph == graph_of(lives[::-1])


def test_maintenance_is_closed_by_the_newer_event_and_keeps_why_it_was_opened() -> None:
    closed = event(2, MaintenanceClosed("m-1", "d-1", "bearing replaced"))
    opened = event(1, MaintenanceOpened("m-1", "d-1", "it shakes"))
    for order in ([opened, closed], [closed, opened]):
        assert graph_of(order).vertices["maintenance:m-1"].properties == {
            "opened_at": AT,
            "reason": "it shakes",
            "closed_at": AT,
            "outcome": "bearing replaced",
            "state": "closed",
            "site_id": "tokyo",
        }


def test_ids_of_vertices_of_different_kinds_are_never_the_same() -> None:
    assert len({vertex_id(label, "a") for label in Label}) == len(Label)


def test_a_measurement_says_nothing_of_the_graph() -> None:
    assert facts_of(event(1, Metric("d-1", "g-1", "m", Measures(power=1.0)))) == ()


def test_no_two_facets_of_an_owner_state_the_same_property_or_type_of_edge() -> None:
    """Else one would win by chance where both are valid."""
    stated: dict[tuple[str, str], set[Facet]] = {}
    for name in EXAMPLES:
        for fact in facts_of(parse_event(line(name), WHEN)):
            label = fact.owner.partition(":")[0]
            for said in (*fact.properties, *(edge.type.value for edge in fact.edges)):
                stated.setdefault((label, said), set()).add(fact.facet)
    assert len(stated) > 15
    assert {said: facets for said, facets in stated.items() if len(facets) > 1} == {}


# ----- any order, any duplication

DEVICES = st.sampled_from(["d-1", "d-2", "d-3"])
GATEWAYS = st.sampled_from(["g-1", "g-2"])
FIRMWARE = st.sampled_from(["f-1", "f-2"])
SUBJECTS = st.sampled_from(["m-1", "m-2"])
SENSORS = st.lists(st.sampled_from(["power", "rssi"]), unique=True).map(tuple)
FACTS: st.SearchStrategy[Payload] = st.one_of(
    st.builds(SiteRegistered, st.sampled_from(["A", "B"])),
    st.builds(GatewayRegistered, GATEWAYS, st.none() | st.just("g-9")),
    st.builds(DeviceRegistered, DEVICES, st.sampled_from(["p-1", "p-2"]), FIRMWARE, GATEWAYS, SENSORS),
    st.builds(DeviceMoved, DEVICES, GATEWAYS),
    st.builds(DeviceRemoved, DEVICES),
    st.builds(LinkChanged, DEVICES, GATEWAYS, st.none() | st.just(-70.0)),
    st.builds(DependsOn, DEVICES, st.lists(st.sampled_from(["d-7", "d-8"]), unique=True).map(tuple)),
    st.builds(FirmwareChanged, DEVICES, FIRMWARE),
    st.builds(MaintenanceOpened, SUBJECTS, DEVICES, st.just("why")),
    st.builds(MaintenanceClosed, SUBJECTS, DEVICES, st.just("what")),
)
SITES = st.sampled_from(["tokyo", "osaka"])
# Versions are few, so that they clash; event ids are not.
STATED = st.lists(st.tuples(st.integers(1, 6), SITES, FACTS), max_size=25).map(
    lambda stated: [
        event(version, payload, site=site, event_id=f"e-{number}")
        for number, (version, site, payload) in enumerate(stated)
    ]
)


class InOrder:
    """Reads events from the oldest to the newest, as somebody would who keeps a list of things by hand."""

    def __init__(self) -> None:
        self.properties: dict[str, dict[str, Any]] = {}
        self.edges: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def read(self, event: Event) -> None:
        said = event.payload
        match said:
            case SiteRegistered():
                self._set(f"site:{event.site_id}", **registered(name=said.name))
            case GatewayRegistered():
                me = f"gateway:{said.gateway_id}"
                self._set(me, **registered(site_id=event.site_id))
                self._point(me, "LOCATED_IN", f"site:{event.site_id}")
                self._point(me, "UPLINK", *([f"gateway:{said.uplink_id}"] if said.uplink_id else []))
            case DeviceRegistered():
                me = f"device:{said.device_id}"
                self.properties.get(me, {}).pop("removed_at", None)
                self._set(me, **registered(model=said.model, site_id=event.site_id))
                self._point(me, "OF_MODEL", f"model:{said.model}")
                self._point(me, "RUNS", f"firmware:{said.firmware}")
                self._point(me, "CONNECTED_TO", f"gateway:{said.gateway_id}")
                self._point(me, "HAS", *(f"sensor:{said.device_id}:{each}" for each in said.sensors))
            case DeviceMoved():
                self._set(f"device:{said.device_id}", site_id=event.site_id)
                self._point(f"device:{said.device_id}", "CONNECTED_TO", f"gateway:{said.gateway_id}")
            case LinkChanged():
                rssi = {} if said.rssi is None else {"rssi": said.rssi}
                self._point(f"device:{said.device_id}", "CONNECTED_TO", f"gateway:{said.gateway_id}", **rssi)
            case DependsOn():
                self._point(f"device:{said.device_id}", "DEPENDS_ON", *(f"device:{each}" for each in said.targets))
            case FirmwareChanged():
                self._point(f"device:{said.device_id}", "RUNS", f"firmware:{said.firmware}")
            case DeviceRemoved():
                me = f"device:{said.device_id}"
                self.properties[me] = {"state": "removed", "removed_at": AT}
                self.edges = {(start, kind): ends for (start, kind), ends in self.edges.items() if start != me}
            case MaintenanceOpened():
                me = f"maintenance:{said.maintenance_id}"
                self._set(me, opened_at=AT, reason=said.reason, state="open", site_id=event.site_id)
                self._point(me, "ON", f"device:{said.device_id}")
            case MaintenanceClosed():
                me = f"maintenance:{said.maintenance_id}"
                self._set(me, closed_at=AT, outcome=said.outcome, state="closed", site_id=event.site_id)
                self._point(me, "ON", f"device:{said.device_id}")

    def _set(self, me: str, **properties: Any) -> None:
        self.properties.setdefault(me, {}).update(properties)

    def _point(self, me: str, kind: str, *ends: str, **properties: Any) -> None:
        self.properties.setdefault(me, {})
        self.edges[me, kind] = dict.fromkeys(ends, properties)

    def document(self) -> tuple[dict[str, Any], dict[str, Any]]:
        ends = {end for pointed in self.edges.values() for end in pointed}
        vertices = {name: {} for name in ends} | self.properties
        return vertices, {
            f"{start}|{kind}|{end}": properties
            for (start, kind), pointed in self.edges.items()
            for end, properties in pointed.items()
        }


@given(STATED)
def test_the_graph_is_what_a_reader_in_order_would_say(events: list[Event]) -> None:
    reader = InOrder()
    for each in sorted(events, key=lambda each: each.order):
        reader.read(each)
    graph = graph_of(events)
    vertices = {name: dict(vertex.properties) for name, vertex in graph.vertices.items()}
    assert (vertices, {name: dict(edge.properties) for name, edge in graph.edges.items()}) == reader.document()


@given(STATED, st.data())
def test_any_order_and_any_duplication_give_the_same_graph(events: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    shuffled = data.draw(st.permutations(events + again))
    assert graph_of(shuffled) == graph_of(events)


@given(STATED)
def test_every_edge_has_both_ends_and_leads_from_where_its_id_says(events: list[Event]) -> None:
    facts = Facts()
    for each in events:
        facts.add(each)
    graph = facts.graph()
    for name, edge in graph.edges.items():
        assert edge.start in graph.vertices
        assert edge.end in graph.vertices
        assert name == f"{edge.start}|{edge.type.value}|{edge.end}"
