"""Errors in Neptune's shape, time-outs, cancellation, and what is refused by name."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

from contract.neptune.clusters import Graph, data_client, new_cluster

_ENDLESS = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a, b WHERE a + b < 0 RETURN count(a) AS c"


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("MATCH (n RETURN n", "MalformedQueryException", 400),
        ("MATCH (n) RETURN m", "MalformedQueryException", 400),
        ("RETURN $nobody AS x", "MissingParameterException", 400),
        ("RETURN 1 / 0 AS x", "BadRequestException", 400),
        ("RETURN 1.0 / 0 AS x", "InvalidNumericDataException", 400),
        ("EXPLAIN MATCH (n) RETURN n", "UnsupportedOperationException", 400),
        ("LOAD CSV FROM 'file:///etc/hostname' AS l RETURN l", "UnsupportedOperationException", 400),
        ("CALL db.labels()", "UnsupportedOperationException", 400),
        ("CALL { MATCH (n) RETURN n } RETURN n", "UnsupportedOperationException", 400),
        ("MATCH p = shortestPath((a)-[*]->(b)) RETURN p", "UnsupportedOperationException", 400),
        ("FOREACH (x IN [1] | CREATE (:D))", "UnsupportedOperationException", 400),
        ("CREATE INDEX FOR (n:D) ON (n.x)", "UnsupportedOperationException", 400),
        ("RETURN apoc.version() AS v", "UnsupportedOperationException", 400),
        ("RETURN text.format('%s', 1) AS v", "UnsupportedOperationException", 400),
        ("MERGE (n {`~id`: 'x'})", "UnsupportedOperationException", 400),
    ],
)
def test_an_error_has_neptunes_code_and_status(graph: Graph, query: str, code: str, status: int) -> None:
    with pytest.raises(ClientError) as raised:
        graph(query)
    answer = raised.value.response
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    if code in dir(graph.client.exceptions):
        assert isinstance(raised.value, getattr(graph.client.exceptions, code))
        assert answer["detailedMessage"]
        assert answer["requestId"]
        assert answer["code"] == code
    assert "#" not in answer.get("detailedMessage", ""), "no record of ArcadeDB's"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("{", "InvalidParameterException"),
        ("[1]", "InvalidParameterException"),
        ('{"x": 9223372036854775808}', "InvalidNumericDataException"),
    ],
)
def test_parameters_that_cannot_be_read_are_refused(graph: Graph, parameters: str, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        graph.client.execute_open_cypher_query(openCypherQuery="RETURN $x AS x", parameters=parameters)
    assert raised.value.response["Error"]["Code"] == code


def test_a_query_over_its_time_ends_and_the_next_one_runs(graph: Graph) -> None:
    with pytest.raises(graph.client.exceptions.TimeLimitExceededException) as raised:
        graph(f"USING QUERY:TIMEOUTMILLISECONDS 1500 {_ENDLESS}")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert graph("RETURN 1 AS x") == [{"x": 1}]


def test_a_query_is_listed_and_cancelled_while_others_wait(graph: Graph) -> None:
    failures: list[str] = []
    answers: list[Any] = []

    def endless() -> None:
        try:
            graph(_ENDLESS)
        except ClientError as error:
            failures.append(error.response["Error"]["Code"])

    client = graph.client
    running = threading.Thread(target=endless)
    running.start()
    eventually(lambda: client.list_open_cypher_queries()["runningQueryCount"], 1)
    waiting = threading.Thread(target=lambda: answers.append(graph("RETURN 2 AS x")))
    waiting.start()
    eventually(lambda: client.list_open_cypher_queries()["acceptedQueryCount"], 2)
    assert [each["queryString"] for each in client.list_open_cypher_queries()["queries"]] == [_ENDLESS]
    listed = client.list_open_cypher_queries(includeWaiting=True)["queries"]
    assert [each["queryString"] for each in listed] == [_ENDLESS, "RETURN 2 AS x"]
    status = client.get_open_cypher_query_status(queryId=listed[0]["queryId"])
    assert status["queryEvalStats"]["cancelled"] is False
    client.cancel_open_cypher_query(queryId=listed[0]["queryId"])
    running.join()
    waiting.join()
    assert failures == ["CancelledByUserException"]
    assert answers == [[{"x": 2}]]
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.get_open_cypher_query_status(queryId=listed[0]["queryId"])


def test_the_status_of_the_engine(graph: Graph) -> None:
    status = graph.client.get_engine_status()
    assert (status["status"], status["role"]) == ("healthy", "writer")
    assert status["dbEngineVersion"].startswith("1.4.")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("execute_gremlin_query", {"gremlinQuery": "g.V()"}),
        ("execute_open_cypher_explain_query", {"openCypherQuery": "RETURN 1", "explainMode": "static"}),
        ("get_sparql_statistics", {}),
        ("list_loader_jobs", {}),
        ("get_propertygraph_stream", {}),
        ("list_ml_endpoints", {}),
    ],
)
def test_what_is_not_served_is_refused_by_name(graph: Graph, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(graph.client, operation)(**request_)
    assert raised.value.response["Error"]["Code"] == "UnsupportedOperationException"


def test_the_readers_endpoint_takes_no_writes(stage: RunningStage) -> None:
    cluster = new_cluster(stage, instances=2)
    Graph(cluster["Endpoint"])("CREATE (:Device {`~id`: 'd'})")
    reader = Graph(cluster["ReaderEndpoint"])
    assert reader("MATCH (n) RETURN id(n) AS id") == [{"id": "d"}]
    for query in ("CREATE (:Device)", "MATCH (n) SET n.x = 1", "MATCH (n) DELETE n", "MERGE (n:Device {`~id`: 'd'})"):
        with pytest.raises(ClientError) as raised:
            reader(query)
        assert raised.value.response["Error"]["Code"] == "ReadOnlyViolationException"


def test_graphs_of_clusters_are_apart(stage: RunningStage) -> None:
    first, second = (Graph(new_cluster(stage)["Endpoint"]) for _ in range(2))
    first("CREATE (:Device {`~id`: 'd'})")
    assert second("MATCH (n) RETURN count(n) AS c") == [{"c": 0}]


def test_a_cluster_without_instances_does_not_answer(stage: RunningStage) -> None:
    graph = Graph(new_cluster(stage, instances=0)["Endpoint"])
    with pytest.raises(ClientError) as raised:
        graph("RETURN 1 AS x")
    assert "no instance" in raised.value.response["detailedMessage"]


def test_the_only_cluster_answers_at_the_stages_own_address(new_stage: Any) -> None:
    stage = new_stage()
    client = data_client(stage.endpoint_url)
    with pytest.raises(ClientError) as raised:
        client.execute_open_cypher_query(openCypherQuery="RETURN 1 AS x")
    assert "0 Neptune clusters" in raised.value.response["detailedMessage"]
    new_cluster(stage)
    answer = client.execute_open_cypher_query(openCypherQuery="RETURN $x AS x", parameters=json.dumps({"x": 1}))
    assert answer["results"] == [{"x": 1}]
