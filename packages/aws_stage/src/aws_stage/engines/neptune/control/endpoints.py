"""Where a graph answers, and which one a call is for.

An endpoint names the stage's scheme, as a domain's does, and is a path, which any client resolves: boto3 puts the
operation's path behind it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_stage.engines.neptune.control.book import CLUSTER, INSTANCE, Book
from aws_stage.engines.neptune.control.parameters import query_timeout
from aws_stage.engines.neptune.errors import failed
from aws_stage.kernel.data_plane import GRAPH_PATH
from aws_stage.kernel.settings import ACCOUNT_ID, Settings
from aws_stage.storage.store import Document

DEFAULT_PORT = 8182


@dataclass(frozen=True)
class GraphTarget:
    """One graph through one endpoint."""

    uid: str
    folder: Path
    version: str
    started: str
    timeout_ms: int
    writes: bool


class Endpoints:
    """Names of endpoints, and the graphs behind them."""

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings
        self._hash = hashlib.sha256(f"{ACCOUNT_ID}/{settings.region}".encode()).hexdigest()[:12]

    def cluster(self, name: str) -> dict[str, str]:
        """The members of a cluster that say where it answers."""
        return {
            "Endpoint": self._url(f"{name}.cluster-{self._hash}"),
            "ReaderEndpoint": self._url(f"{name}.cluster-ro-{self._hash}"),
        }

    def instance(self, name: str) -> str:
        """Where an instance answers."""
        return self._url(f"{name}.{self._hash}")

    def folder(self, cluster: Document) -> Path:
        """Where the graph of a cluster lies."""
        return self._settings.state_dir / "neptune" / str(cluster["members"]["DbClusterResourceId"])

    def target(self, endpoint: str) -> GraphTarget:
        """The graph of an endpoint's name; without one, that of the only cluster. Raises AwsError."""
        name, _, rest = endpoint.partition(".")
        kind = rest.partition(".")[0]
        if not endpoint:
            return self._only()
        if kind in (f"cluster-{self._hash}", f"cluster-ro-{self._hash}"):
            cluster = self._book.find(CLUSTER, name)
            if cluster is not None:
                return self._of(cluster, writes=not kind.startswith("cluster-ro"))
        instance = self._book.find(INSTANCE, name) if kind == self._hash else None
        if instance is None:
            raise failed("BadRequestException", f"There is no endpoint {endpoint}")
        cluster = self._book.get(CLUSTER, instance["members"]["DBClusterIdentifier"])
        return self._of(cluster, writes=_writer(cluster) == instance["members"]["DBInstanceIdentifier"])

    def _only(self) -> GraphTarget:
        clusters = self._book.all(CLUSTER)
        if len(clusters) != 1:
            raise failed(
                "BadRequestException",
                f"The local stage has {len(clusters)} Neptune clusters: only the one of a stage that has one answers "
                "without its endpoint. Set AWS_ENDPOINT_URL_NEPTUNEDATA to the cluster's.",
            )
        return self._of(clusters[0], writes=True)

    def _of(self, cluster: Document, *, writes: bool) -> GraphTarget:
        members: dict[str, Any] = cluster["members"]
        if _writer(cluster) is None:
            raise failed(
                "BadRequestException", f"The cluster {members['DBClusterIdentifier']} has no instance to answer"
            )
        return GraphTarget(
            uid=members["DbClusterResourceId"],
            folder=self.folder(cluster),
            version=f"{members['EngineVersion']}.R1",
            started=cluster["started"],
            timeout_ms=query_timeout(self._book, members["DBClusterParameterGroup"]),
            writes=writes,
        )

    def _url(self, name: str) -> str:
        return f"{self._settings.endpoint_url}{GRAPH_PATH}{name}.{self._settings.region}"


def _writer(cluster: Document) -> str | None:
    members = cluster["members"]["DBClusterMembers"]
    return next((each["DBInstanceIdentifier"] for each in members if each["IsClusterWriter"]), None)
