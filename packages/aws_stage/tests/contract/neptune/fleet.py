"""The graph that the statements are asked of: two gateways, four devices, one sensor, a chain of dependencies."""

from __future__ import annotations

from typing import Any

NODES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Gateway", "g1", {"name": "north", "site": "s1"}),
    ("Gateway", "g2", {"name": "south", "site": "s1"}),
    ("Device", "d1", {"model": "A", "power": 10, "temp": 20.5, "on": True}),
    ("Device", "d2", {"model": "A", "power": 30, "temp": 22.5, "on": False}),
    ("Device", "d3", {"model": "B", "power": 20, "temp": 19.0, "on": True}),
    ("Device", "d4", {"model": "B", "power": 40}),
    ("Sensor", "x1", {"kind": "vibration"}),
)
RELATIONSHIPS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("d1", "CONNECTED_TO", "g1", {"rssi": -50}),
    ("d2", "CONNECTED_TO", "g1", {"rssi": -60}),
    ("d3", "CONNECTED_TO", "g2", {"rssi": -70}),
    ("g2", "UPLINK", "g1", {}),
    ("d1", "HAS", "x1", {}),
    ("d2", "DEPENDS_ON", "d1", {}),
    ("d3", "DEPENDS_ON", "d2", {}),
)

JUDGED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "count of a label": ("MATCH (n:Device) RETURN count(n) AS c", [{"c": 4}]),
    "count of everything": ("MATCH (n) RETURN count(*) AS c", [{"c": 7}]),
    "count of relationships": ("MATCH ()-[r]->() RETURN count(r) AS c", [{"c": 7}]),
    "equality": ("MATCH (n:Device) WHERE n.model = 'A' RETURN n.power AS p ORDER BY p", [{"p": 10}, {"p": 30}]),
    "inline properties": ("MATCH (n:Device {model: 'B', power: 20}) RETURN n.temp AS t", [{"t": 19.0}]),
    "comparison": ("MATCH (n:Device) WHERE n.power >= 30 RETURN count(n) AS c", [{"c": 2}]),
    "and, or, not": (
        "MATCH (n:Device) WHERE (n.model = 'A' OR n.power = 40) AND NOT n.power = 10 RETURN n.power AS p ORDER BY p",
        [{"p": 30}, {"p": 40}],
    ),
    "a missing property is null": ("MATCH (n:Device) WHERE n.temp IS NULL RETURN n.power AS p", [{"p": 40}]),
    "what is not null": ("MATCH (n:Device) WHERE n.temp IS NOT NULL RETURN count(n) AS c", [{"c": 3}]),
    "in a list": (
        "MATCH (n:Device) WHERE n.power IN [10, 40, 99] RETURN n.power AS p ORDER BY p",
        [{"p": 10}, {"p": 40}],
    ),
    "starts with": ("MATCH (n:Gateway) WHERE n.name STARTS WITH 'no' RETURN n.name AS n", [{"n": "north"}]),
    "ends with": ("MATCH (n:Gateway) WHERE n.name ENDS WITH 'uth' RETURN n.name AS n", [{"n": "south"}]),
    "contains": ("MATCH (n:Gateway) WHERE n.name CONTAINS 'ort' RETURN n.name AS n", [{"n": "north"}]),
    "booleans": ("MATCH (n:Device) WHERE n.on RETURN count(n) AS c", [{"c": 2}]),
    "one hop out": (
        "MATCH (d:Device)-[:CONNECTED_TO]->(g:Gateway {name: 'north'}) RETURN d.power AS p ORDER BY p",
        [{"p": 10}, {"p": 30}],
    ),
    "one hop in": (
        "MATCH (g:Gateway {name: 'south'})<-[:CONNECTED_TO]-(d) RETURN d.power AS p",
        [{"p": 20}],
    ),
    "any direction": ("MATCH (g:Gateway {name: 'south'})--(n) RETURN count(n) AS c", [{"c": 2}]),
    "two hops": (
        "MATCH (d:Device)-[:CONNECTED_TO]->(:Gateway)-[:UPLINK]->(g:Gateway) RETURN d.power AS p, g.name AS g",
        [{"p": 20, "g": "north"}],
    ),
    "any of two types": (
        "MATCH (d:Device {power: 10})-[r:HAS|CONNECTED_TO]->(n) RETURN type(r) AS t ORDER BY t",
        [{"t": "CONNECTED_TO"}, {"t": "HAS"}],
    ),
    "property of a relationship": (
        "MATCH (d:Device)-[r:CONNECTED_TO]->() WHERE r.rssi < -55 RETURN d.power AS p ORDER BY p",
        [{"p": 20}, {"p": 30}],
    ),
    "blast radius": (
        "MATCH (d:Device {power: 10})<-[:DEPENDS_ON*1..5]-(n) RETURN n.power AS p ORDER BY p",
        [{"p": 20}, {"p": 30}],
    ),
    "hops, exactly": ("MATCH (d:Device {power: 10})<-[:DEPENDS_ON*2]-(n) RETURN n.power AS p", [{"p": 20}]),
    "optional match": (
        "MATCH (d:Device) OPTIONAL MATCH (d)-[:HAS]->(s:Sensor) RETURN d.power AS p, s.kind AS k ORDER BY p",
        [
            {"p": 10, "k": "vibration"},
            {"p": 20, "k": None},
            {"p": 30, "k": None},
            {"p": 40, "k": None},
        ],
    ),
    "group by": (
        "MATCH (d:Device) RETURN d.model AS m, sum(d.power) AS s, count(*) AS c ORDER BY m",
        [{"m": "A", "s": 40, "c": 2}, {"m": "B", "s": 60, "c": 2}],
    ),
    "average leaves nulls out": ("MATCH (d:Device) RETURN avg(d.temp) AS a", [{"a": (20.5 + 22.5 + 19.0) / 3}]),
    "minimum and maximum": ("MATCH (d:Device) RETURN min(d.power) AS a, max(d.power) AS b", [{"a": 10, "b": 40}]),
    "count of a property": ("MATCH (d:Device) RETURN count(d.temp) AS c", [{"c": 3}]),
    "count distinct": ("MATCH (d:Device) RETURN count(DISTINCT d.model) AS c", [{"c": 2}]),
    "distinct": ("MATCH (d:Device) RETURN DISTINCT d.model AS m ORDER BY m", [{"m": "A"}, {"m": "B"}]),
    "collect": (
        "MATCH (d:Device {model: 'A'}) WITH d ORDER BY d.power RETURN collect(d.power) AS c",
        [{"c": [10, 30]}],
    ),
    "having": (
        "MATCH (d:Device)-[:CONNECTED_TO]->(g) WITH g, count(d) AS c WHERE c > 1 RETURN g.name AS g, c",
        [{"g": "north", "c": 2}],
    ),
    "order, skip, limit": (
        "MATCH (d:Device) RETURN d.power AS p ORDER BY p DESC SKIP 1 LIMIT 2",
        [{"p": 30}, {"p": 20}],
    ),
    "unwind": ("UNWIND [3, 1, 2] AS x RETURN x ORDER BY x", [{"x": 1}, {"x": 2}, {"x": 3}]),
    "case": (
        "MATCH (d:Device) RETURN CASE WHEN d.power > 20 THEN 'high' ELSE 'low' END AS k, count(*) AS c ORDER BY k",
        [{"k": "high", "c": 2}, {"k": "low", "c": 2}],
    ),
    "coalesce": ("MATCH (d:Device {power: 40}) RETURN coalesce(d.temp, -1) AS t", [{"t": -1}]),
    "arithmetic": ("RETURN 7 / 2 AS a, 7 % 3 AS b, 2 * 3 + 1 AS c, 7 / 2.0 AS d", [{"a": 3, "b": 1, "c": 7, "d": 3.5}]),
    "texts": (
        "RETURN toUpper('ab') AS u, substring('hello', 1, 3) AS s, 'a' + 'b' AS c, size('abc') AS n",
        [{"u": "AB", "s": "ell", "c": "ab", "n": 3}],
    ),
    "conversions": (
        "RETURN toInteger('42') AS i, toFloat('1.5') AS f, toString(7) AS s",
        [{"i": 42, "f": 1.5, "s": "7"}],
    ),
    "null in a comparison": ("RETURN null = null AS a, 1 + null AS b", [{"a": None, "b": None}]),
    "lists": (
        "RETURN [1, 2, 3][0] AS a, size([1, 2]) AS n, head([5, 6]) AS h, range(1, 3) AS r",
        [{"a": 1, "n": 2, "h": 5, "r": [1, 2, 3]}],
    ),
    "list comprehension": ("RETURN [x IN [1, 2, 3, 4] WHERE x % 2 = 0 | x * 10] AS l", [{"l": [20, 40]}]),
    "union": ("RETURN 1 AS x UNION RETURN 1 AS x", [{"x": 1}]),
    "union all": ("RETURN 1 AS x UNION ALL RETURN 1 AS x", [{"x": 1}, {"x": 1}]),
    "a pattern as a condition": (
        "MATCH (d:Device) WHERE (d)-[:HAS]->() RETURN d.power AS p",
        [{"p": 10}],
    ),
    "no such pattern": (
        "MATCH (d:Device) WHERE NOT (d)-[:CONNECTED_TO]->() RETURN d.power AS p",
        [{"p": 40}],
    ),
    "two patterns": (
        "MATCH (a:Device {power: 10}), (b:Device {power: 40}) RETURN a.model AS a, b.model AS b",
        [{"a": "A", "b": "B"}],
    ),
    "common gateway": (
        "MATCH (a:Device {power: 10})-[:CONNECTED_TO]->(g)<-[:CONNECTED_TO]-(b) RETURN g.name AS g, b.power AS p",
        [{"g": "north", "p": 30}],
    ),
    "length of a path": (
        "MATCH p = (:Device {power: 20})-[:DEPENDS_ON*1..3]->(:Device {power: 10}) RETURN length(p) AS n",
        [{"n": 2}],
    ),
    "map of results": (
        "MATCH (d:Device {power: 10}) RETURN {model: d.model, on: d.on} AS m",
        [{"m": {"model": "A", "on": True}}],
    ),
    "nothing found": ("MATCH (n:Device {model: 'Z'}) RETURN n.power AS p", []),
    "a label that there is not": ("MATCH (n:Nothing) RETURN count(n) AS c", [{"c": 0}]),
}
"""Name, query, and the rows that openCypher 9 gives, by hand. None names an id or returns a node: a second database
answers them too."""
