"""What queries answer: by hand, and for those that it parses by a second database, kglite."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.neptune.clusters import Graph
from contract.neptune.fleet import JUDGED, NODES, RELATIONSHIPS


@pytest.fixture(scope="module")
def fleet(graph: Graph) -> Graph:
    graph("MATCH (n) DETACH DELETE n")
    for label in ("Gateway", "Device", "Sensor"):
        rows = [{"id": identity, "props": props} for kind, identity, props in NODES if kind == label]
        graph(f"UNWIND $rows AS r MERGE (n:{label} {{`~id`: r.id}}) SET n += r.props", rows=rows)
    for kind in sorted({kind for _, kind, _, _ in RELATIONSHIPS}):
        rows = [
            {"from": start, "to": end, "id": f"{start}|{kind}|{end}", "props": props}
            for start, each, end, props in RELATIONSHIPS
            if each == kind
        ]
        graph(
            "UNWIND $rows AS r MATCH (a {`~id`: r.from}), (b {`~id`: r.to}) "
            f"MERGE (a)-[e:{kind} {{`~id`: r.id}}]->(b) SET e += r.props",
            rows=rows,
        )
    return graph


@pytest.fixture(scope="module")
def second() -> dict[str, list[dict[str, Any]]]:
    """What kglite answers of the same graph, by the name of the query; those that it does not parse are not there."""
    created = [f"({identity}:{label} {_text(props)})" for label, identity, props in NODES]
    created += [f"({start})-[:{kind} {_text(props)}]->({end})" for start, kind, end, props in RELATIONSHIPS]
    asked = {"create": "CREATE " + ", ".join(created), "queries": {name: query for name, (query, _) in JUDGED.items()}}
    command = [sys.executable, str(Path(__file__).with_name("second_opinion.py"))]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return answers


def _text(properties: dict[str, Any]) -> str:
    values = {key: str(value).lower() if isinstance(value, bool) else repr(value) for key, value in properties.items()}
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


@pytest.mark.parametrize("name", JUDGED)
def test_a_query_answers_as_opencypher_says(fleet: Graph, name: str) -> None:
    query, expected = JUDGED[name]
    found = fleet(query)
    assert found == expected
    assert [[type(value) for value in row.values()] for row in found] == [
        [type(value) for value in row.values()] for row in expected
    ]


def test_a_second_database_agrees(fleet: Graph, second: dict[str, list[dict[str, Any]]]) -> None:
    assert {name: fleet(JUDGED[name][0]) for name in second} == second
    assert len(second) >= 0.8 * len(JUDGED)
