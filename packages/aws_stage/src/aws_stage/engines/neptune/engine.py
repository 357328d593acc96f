"""The engine: clusters and what belongs to them, and the queries that they answer."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from aws_stage.engines.neptune.control.book import CLUSTER_PARAMETERS, PARAMETERS, Book
from aws_stage.engines.neptune.control.clusters import Clusters
from aws_stage.engines.neptune.control.endpoints import Endpoints
from aws_stage.engines.neptune.control.instances import Instances
from aws_stage.engines.neptune.control.parameters import ParameterGroups
from aws_stage.engines.neptune.control.subnets import SubnetGroups
from aws_stage.engines.neptune.control.tags import Tags
from aws_stage.engines.neptune.data_plane import DataPlane, graph_file
from aws_stage.engines.neptune.queries.process import GraphProcess
from aws_stage.engines.neptune.queries.queries import Queries
from aws_stage.kernel.engine import Call, Handler, Stage
from aws_stage.kernel.settings import ACCOUNT_ID
from aws_stage.storage.store import Document

CONTROL = "rds"
DATA = "neptune-db"


class NeptuneEngine:
    """Owns the services that sign as ``rds``, of which it has Neptune alone, and as ``neptune-db``."""

    name = "neptune"
    owns = frozenset({CONTROL, DATA})

    def __init__(self, stage: Stage) -> None:
        book = Book(stage.store(self.name), stage.settings.region, ACCOUNT_ID)
        self._process = GraphProcess(stage.settings)
        self._queries = Queries(self._process)
        self._manifest = stage.manifest
        self._endpoints = Endpoints(book, stage.settings)
        clusters = Clusters(stage, book, self._endpoints, self._deleted)
        instances = Instances(stage, book, self._endpoints, clusters)
        subnets = SubnetGroups(book, stage.client)
        of_clusters = ParameterGroups(book, CLUSTER_PARAMETERS, "DBClusterParameterGroup")
        of_instances = ParameterGroups(book, PARAMETERS, "DBParameterGroup")
        tags = Tags(book)
        data = DataPlane(self._endpoints, self._queries, stage.manifest)
        control: dict[str, Handler] = {
            "CreateDBCluster": clusters.create,
            "DescribeDBClusters": clusters.describe,
            "ModifyDBCluster": clusters.modify,
            "FailoverDBCluster": clusters.fail_over,
            "DeleteDBCluster": clusters.delete,
            "CreateDBInstance": instances.create,
            "DescribeDBInstances": instances.describe,
            "ModifyDBInstance": instances.modify,
            "DeleteDBInstance": instances.delete,
            "CreateDBSubnetGroup": subnets.create,
            "DescribeDBSubnetGroups": subnets.describe,
            "ModifyDBSubnetGroup": subnets.modify,
            "DeleteDBSubnetGroup": subnets.delete,
            "CreateDBClusterParameterGroup": of_clusters.create,
            "DescribeDBClusterParameterGroups": of_clusters.describe,
            "DescribeDBClusterParameters": of_clusters.parameters,
            "ModifyDBClusterParameterGroup": of_clusters.modify,
            "ResetDBClusterParameterGroup": of_clusters.reset,
            "DeleteDBClusterParameterGroup": of_clusters.delete,
            "CreateDBParameterGroup": of_instances.create,
            "DescribeDBParameterGroups": of_instances.describe,
            "DescribeDBParameters": of_instances.parameters,
            "ModifyDBParameterGroup": of_instances.modify,
            "ResetDBParameterGroup": of_instances.reset,
            "DeleteDBParameterGroup": of_instances.delete,
            "AddTagsToResource": tags.add,
            "RemoveTagsFromResource": tags.remove,
            "ListTagsForResource": tags.list,
            "DescribeGlobalClusters": _no_global_clusters,
        }
        queries: dict[str, Handler] = {
            "ExecuteOpenCypherQuery": data.execute,
            "ListOpenCypherQueries": data.list,
            "GetOpenCypherQueryStatus": data.status,
            "CancelOpenCypherQuery": data.cancel,
            "GetEngineStatus": data.engine_status,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            **{(CONTROL, operation): handler for operation, handler in control.items()},
            **{(DATA, operation): handler for operation, handler in queries.items()},
        }

    def start(self) -> None:
        """Nothing runs by itself: the process of the graphs is started by the first query."""

    def stop(self) -> None:
        self._queries.close()

    def _deleted(self, cluster: Document) -> None:
        folder = self._endpoints.folder(cluster)
        self._queries.drop(folder)
        self._manifest.drop(graph_file(folder))
        shutil.rmtree(folder, ignore_errors=True)


def _no_global_clusters(_: Call) -> dict[str, list[object]]:
    """DescribeGlobalClusters: there are none, and Terraform asks."""
    return {"GlobalClusters": []}
