"""Upserts as a consumer of events sends them, ids, and what a graph does not take."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.neptune.clusters import Graph

_UPSERT = "UNWIND $rows AS r MERGE (n:Device {`~id`: r.id}) SET n += r.props"
_CONNECT = (
    "UNWIND $rows AS r MATCH (a:Device {`~id`: r.from}) MATCH (b:Gateway {`~id`: r.to}) "
    "MERGE (a)-[e:CONNECTED_TO {`~id`: r.id}]->(b) SET e += r.props"
)
_GUARDED = (
    "UNWIND $rows AS r MERGE (n:Device {`~id`: r.id}) "
    "SET n.state = CASE WHEN r.version >= coalesce(n.version, 0) THEN r.state ELSE n.state END, "
    "n.version = CASE WHEN r.version >= coalesce(n.version, 0) THEN r.version ELSE n.version END"
)


def _refusal(graph: Graph, query: str, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        graph(query, **parameters)
    return {"status": raised.value.response["ResponseMetadata"]["HTTPStatusCode"], **raised.value.response}


def test_a_batch_of_two_hundred_is_there_once_however_often_it_is_sent(empty: Graph) -> None:
    rows = [{"id": f"d{number}", "props": {"number": number, "name": f"n{number}"}} for number in range(200)]
    empty("CREATE (:Gateway {`~id`: 'g'})")
    links = [
        {"from": f"d{number}", "to": "g", "id": f"d{number}|CONNECTED_TO|g", "props": {"rssi": -number}}
        for number in range(200)
    ]
    for _ in range(3):
        empty(_UPSERT, rows=rows)
        empty(_CONNECT, rows=links)
    assert empty("MATCH (n:Device) RETURN count(n) AS c, sum(n.number) AS s") == [{"c": 200, "s": 19900}]
    assert empty("MATCH (:Device)-[e:CONNECTED_TO]->(:Gateway) RETURN count(e) AS c, sum(e.rssi) AS s") == [
        {"c": 200, "s": -19900}
    ]
    assert empty("MATCH (n:Device)-[e]->() WHERE id(e) = 'd7|CONNECTED_TO|g' RETURN id(n) AS n") == [{"n": "d7"}]


def test_the_last_version_wins_whatever_the_order(empty: Graph) -> None:
    versions = [{"id": "d", "version": version, "state": f"s{version}"} for version in (3, 1, 5, 2, 4)]
    empty(_GUARDED, rows=versions)
    empty(_GUARDED, rows=[{"id": "d", "version": 4, "state": "late"}])
    assert empty("MATCH (n:Device) RETURN n.version AS v, n.state AS s") == [{"v": 5, "s": "s5"}]


def test_an_edge_whose_end_is_missing_is_not_made(empty: Graph) -> None:
    empty("CREATE (:Device {`~id`: 'd'})")
    empty(_CONNECT, rows=[{"from": "d", "to": "nobody", "id": "e", "props": {}}])
    assert empty("MATCH ()-[e]->() RETURN count(e) AS c") == [{"c": 0}]


def test_on_create_and_on_match(empty: Graph) -> None:
    query = "MERGE (n:Device {`~id`: 'd'}) ON CREATE SET n.made = 1 ON MATCH SET n.made = n.made + 1 RETURN n.made AS m"
    assert [empty(query)[0]["m"] for _ in range(3)] == [1, 2, 3]


def test_ids_are_unique_over_labels_and_made_where_none_is_given(empty: Graph) -> None:
    empty("CREATE (:Device {`~id`: 'same'})")
    for query in ("CREATE (:Gateway {`~id`: 'same'})", "MERGE (:Other:Device {`~id`: 'same'})"):
        refusal = _refusal(empty, query)
        assert refusal["Error"]["Code"] == "ConstraintViolationException"
        assert refusal["status"] == 400
    made = [row["id"] for row in empty("UNWIND [1, 2] AS x CREATE (n:Device) RETURN id(n) AS id")]
    assert len(set(made)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in made)
    assert empty("MATCH (n:Gateway) RETURN count(n) AS c") == [{"c": 0}]


def test_an_id_stays(empty: Graph) -> None:
    empty("CREATE (:Device {`~id`: 'd', a: 1})")
    assert _refusal(empty, "MATCH (n {`~id`: 'd'}) SET n.`~id` = 'e'")["Error"]["Code"] == "BadRequestException"
    assert empty("MATCH (n {`~id`: 'd'}) SET n = {b: 2} RETURN properties(n) AS p, id(n) AS i, keys(n) AS k") == [
        {"p": {"b": 2}, "i": "d", "k": ["b"]}
    ]


def test_nodes_relationships_and_paths_are_neptunes_json(empty: Graph) -> None:
    empty("CREATE (:Device:Pump {`~id`: 'd', a: 1})-[:HAS {`~id`: 'e', w: 0.5}]->({`~id`: 's'})")
    device = {"~id": "d", "~entityType": "node", "~labels": ["Device", "Pump"], "~properties": {"a": 1}}
    sensor = {"~id": "s", "~entityType": "node", "~labels": ["vertex"], "~properties": {}}
    edge = {
        "~id": "e",
        "~entityType": "relationship",
        "~start": "d",
        "~end": "s",
        "~type": "HAS",
        "~properties": {"w": 0.5},
    }
    [row] = empty("MATCH p = (a:Device)-[e]->(b) RETURN p, a, e, [b, null] AS l, {n: b} AS m, labels(a), nodes(p)")
    assert row == {
        "p": [device, edge, sensor],
        "a": device,
        "e": edge,
        "l": [sensor, None],
        "m": {"n": sensor},
        "labels(a)": ["Device", "Pump"],
        "nodes(p)": [device, sensor],
    }


def test_labels_come_and_go_but_the_last(empty: Graph) -> None:
    empty("CREATE (:Device {`~id`: 'd'})-[:HAS {`~id`: 'e'}]->(:Sensor {`~id`: 's'})")
    empty("MATCH (n:Device) SET n:Broken")
    assert empty("MATCH (n:Broken)-[e]->(s) RETURN labels(n) AS l, id(n) AS n, id(e) AS e, id(s) AS s") == [
        {"l": ["Broken", "Device"], "n": "d", "e": "e", "s": "s"}
    ]
    empty("MATCH (n:Broken) REMOVE n:Broken")
    assert empty("MATCH (n {`~id`: 'd'}) RETURN labels(n) AS l") == [{"l": ["Device"]}]
    refusal = _refusal(empty, "MATCH (n:Device) REMOVE n:Device")
    assert "last label" in refusal["detailedMessage"]


def test_a_query_is_done_whole_or_not_at_all(empty: Graph) -> None:
    rows = [{"id": "a", "props": {"x": 1}}, {"id": "b", "props": {"x": [1, 2]}}]
    assert _refusal(empty, _UPSERT, rows=rows)["Error"]["Code"] == "BadRequestException"
    assert empty("MATCH (n) RETURN count(n) AS c") == [{"c": 0}]


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_a_property_is_a_simple_value(empty: Graph, value: Any) -> None:
    refusal = _refusal(empty, "CREATE (n:Device) SET n += $p", p={"x": value})
    assert refusal["status"] == 400
    assert refusal["Error"]["Code"] == "BadRequestException"


def test_null_takes_a_property_away(empty: Graph) -> None:
    empty("CREATE (:Device {a: 1, b: 2})")
    assert empty("MATCH (n:Device) SET n += {a: null} RETURN properties(n) AS p") == [{"p": {"b": 2}}]


def test_a_node_with_relationships_is_deleted_with_them_alone(empty: Graph) -> None:
    empty("CREATE (:Device)-[:HAS]->(:Sensor)")
    assert "still has relationships" in _refusal(empty, "MATCH (n:Device) DELETE n")["detailedMessage"]
    empty("MATCH (n:Device) DETACH DELETE n")
    assert empty("MATCH (n) RETURN labels(n) AS l") == [{"l": ["Sensor"]}]


def test_moments_are_kept_and_compared(empty: Graph) -> None:
    empty("CREATE (:Device {at: datetime('2024-05-01T10:00:00.123Z')})")
    assert empty("MATCH (n:Device) WHERE n.at > datetime('2024-01-01T00:00:00Z') RETURN n.at AS at") == [
        {"at": "2024-05-01T10:00:00.123Z"}
    ]


def test_neptunes_own_functions(empty: Graph) -> None:
    assert empty("RETURN join(['a', 'b'], '-') AS j, removeKeyFromMap({a: 1, b: 2}, 'a') AS m") == [
        {"j": "a-b", "m": {"b": 2}}
    ]
    empty("UNWIND [{`~id`: 'x', n: 1}] AS v CREATE (n:Device {`~id`: v.`~id`}) SET n = removeKeyFromMap(v, '~id')")
    assert empty("MATCH (n:Device) RETURN id(n), n.n") == [{"id(n)": "x", "n.n": 1}]
