"""The operations that sign as ``neptune-db``: queries, and what is known of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from aws_stage.engines.neptune.control.endpoints import Endpoints, GraphTarget
from aws_stage.engines.neptune.errors import failed
from aws_stage.engines.neptune.queries.queries import Queries, Query
from aws_stage.kernel.engine import Call
from aws_stage.storage.manifest.unlisted import StoreManifest

LARGEST_INTEGER = 2**63 - 1

_HINT = re.compile(r"\s*USING\s+QUERY:TIMEOUTMILLISECONDS\s+(\d+)\s", re.IGNORECASE)
"""docs.aws.amazon.com/neptune/latest/userguide/opencypher-query-hints-timeout-hint.html"""


class DataPlane:
    """Handlers of the calls."""

    def __init__(self, endpoints: Endpoints, queries: Queries, manifest: StoreManifest) -> None:
        self._endpoints = endpoints
        self._queries = queries
        self._manifest = manifest
        self._listed: set[str] = set()

    def execute(self, call: Call) -> dict[str, Any]:
        """ExecuteOpenCypherQuery."""
        target = self._endpoints.target(call.endpoint)
        text = call.payload.get("openCypherQuery")
        if not text:
            raise failed("MissingParameterException", "Missing parameter: query")
        parameters = _parameters(call.payload.get("parameters"))
        milliseconds = target.timeout_ms
        hint = _HINT.match(text)
        if hint is not None:
            milliseconds, text = min(milliseconds, int(hint[1])), text[hint.end() :]
        rows = self._queries.run(target.uid, target.folder, text, parameters, milliseconds / 1000, writes=target.writes)
        self._list(target)
        return {"results": rows}

    def list(self, call: Call) -> dict[str, Any]:
        """ListOpenCypherQueries."""
        found = self._queries.of(self._endpoints.target(call.endpoint).uid)
        running = [query for query in found if query.began is not None]
        shown = found if call.payload.get("includeWaiting") else running
        return {
            "acceptedQueryCount": len(found),
            "runningQueryCount": len(running),
            "queries": [query.status() for query in shown],
        }

    def status(self, call: Call) -> dict[str, Any]:
        """GetOpenCypherQueryStatus."""
        return self._find(call).status()

    def cancel(self, call: Call) -> dict[str, Any]:
        """CancelOpenCypherQuery: a query that runs ends with its process, and nothing of it is kept."""
        query = self._find(call)
        self._queries.cancel(query)
        return {"status": "200 OK", "payload": True}

    def engine_status(self, call: Call) -> dict[str, Any]:
        """GetEngineStatus: of what is served here, openCypher alone."""
        target = self._endpoints.target(call.endpoint)
        return {
            "status": "healthy",
            "startTime": target.started,
            "dbEngineVersion": target.version,
            "role": "writer" if target.writes else "reader",
            "opencypher": {"version": "Neptune-9.0.20190305-1.0"},
            "settings": {"clusterQueryTimeoutInMs": str(target.timeout_ms)},
        }

    def _list(self, target: GraphTarget) -> None:
        """Have the graph in the manifest before a query is answered: the stage does not start without it then."""
        if target.uid not in self._listed:
            self._manifest.length(graph_file(target.folder))
            self._listed.add(target.uid)

    def _find(self, call: Call) -> Query:
        identity = call.payload["queryId"]
        for query in self._queries.of(self._endpoints.target(call.endpoint).uid):
            if query.id == identity:
                return query
        raise failed("InvalidParameterException", f"Supplied queryId {identity} is invalid")


def graph_file(folder: Path) -> Path:
    """The file by which the manifest knows the graph in a folder."""
    return folder / "schema.json"


def _parameters(text: str | None) -> dict[str, Any]:
    """The parameters, which are sent as a text of JSON."""
    if not text:
        return {}
    try:
        parameters = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise failed("InvalidParameterException", f"The parameters are no JSON object: {error}") from error
    if not isinstance(parameters, dict):
        raise failed("InvalidParameterException", "The parameters are no JSON object")
    return parameters


def _integer(text: str) -> int:
    number = int(text)
    if not -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER:
        raise failed("InvalidNumericDataException", f"{text} cannot be represented in 64 bits")
    return number
