"""The same requests to the stage and to osmem-server, an OpenSearch of other hands: the answers are the same.

What each may say as it likes is left out: how long it took, scores, numbers of shards, and the words of an error. Its
status and its type are compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from opensearchpy import OpenSearch, OpenSearchException
from osmem_server import OsmemServer

from contract.opensearch.judged_requests import REQUESTS
from contract.opensearch.predictions import MAPPING, bulk

_FREE = frozenset(
    "took terminated_early _score max_score _shards _seq_no _primary_term reason root_cause failed_shards caused_by "
    "phase grouped index index_uuid shard line col resource.id resource.type".split()
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Any]:
    server = OsmemServer.start(japanese=False)
    yield OpenSearch(hosts=[server.url], timeout=60, max_retries=0)
    server.process.terminate()
    server.process.wait(timeout=30)


@pytest.fixture(scope="module")
def both(search: Any, judge: Any) -> tuple[Any, Any]:
    """The two, with the same 200 documents in two indices."""
    for client in (search, judge):
        template = {"index_patterns": ["trips-*"], "template": {"mappings": MAPPING}}
        client.indices.put_index_template(name="trips", body=template)
        assert not client.bulk(body=bulk("trips-1", range(120)), refresh=True)["errors"]
        assert not client.bulk(body=bulk("trips-2", range(120, 200)), refresh=True)["errors"]
    return search, judge


@pytest.mark.parametrize("name", REQUESTS)
def test_the_stage_answers_as_the_judge_does(both: tuple[Any, Any], name: str) -> None:
    ours, judged = (_answer(client, name) for client in both)
    assert ours == judged


def _answer(client: Any, name: str) -> Any:
    method, path, parameters, body = REQUESTS[name]
    if isinstance(body, list):
        body = "".join(json.dumps(line) + "\n" for line in body)
    try:
        found = client.transport.perform_request(method, path, params=parameters, body=body)
    except OpenSearchException as error:
        found = error.info
    return _compared(found)


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _compared(inner) for name, inner in value.items() if name not in _FREE}
    if isinstance(value, list):
        return [_compared(inner) for inner in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.10g}")  # sums are added in another order
    return value
