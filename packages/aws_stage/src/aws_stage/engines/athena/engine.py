"""The engine: Athena's operations, wired to their parts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta

from aws_stage.engines.athena.api.data_catalogs import DataCatalogs
from aws_stage.engines.athena.api.execution_records import ExecutionRecords
from aws_stage.engines.athena.api.executions import Executions
from aws_stage.engines.athena.api.named_queries import NamedQueries
from aws_stage.engines.athena.api.prepared_statements import PreparedStatements
from aws_stage.engines.athena.api.requests import invalid
from aws_stage.engines.athena.api.results import Results
from aws_stage.engines.athena.api.tags import Tags
from aws_stage.engines.athena.api.workgroups import WorkGroups
from aws_stage.engines.athena.running.runner import WORKER, Runner
from aws_stage.engines.athena.running.workers import Cancellation, Workers
from aws_stage.kernel.engine import AwsError, Handler, Stage
from aws_stage.workers.pool import WorkerPool

DDL_TIMEOUT = timedelta(minutes=600)
"""The quota "DDL query timeout" (docs.aws.amazon.com/general/latest/gr/athena.html)."""


class AthenaEngine:
    """Serves the whole ``athena`` service. Queries run in worker processes; handlers only read and write records."""

    name = "athena"
    owns = frozenset({"athena"})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        store = stage.store("athena")
        self._workers = Workers(self._run)
        tags = Tags(store, self._has_resource)
        self._workgroups = WorkGroups(store, tags, stage.settings.region, stage.clock.now, self._empty_out)
        self._records = ExecutionRecords(stage, store, self._workgroups)
        self._prepared = PreparedStatements(store, self._workgroups, stage.clock.now)
        self._executions = Executions(stage, self._records, self._workgroups, self._workers, self._prepared.find)
        self._named_queries = NamedQueries(store, self._workgroups)
        self._pool = WorkerPool(WORKER, stage.settings)
        self._runner = Runner(
            stage,
            self._records,
            self._pool,
            dml=stage.settings.athena_dml_timeout,
            ddl=DDL_TIMEOUT,
        )
        parts = (
            tags,
            self._workgroups,
            self._executions,
            Results(stage, self._records),
            self._named_queries,
            self._prepared,
            DataCatalogs(stage),
        )
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("athena", operation): handler for part in parts for operation, handler in part.operations.items()
        }

    def start(self) -> None:
        for left in self._stage.directory("athena").iterdir():
            shutil.rmtree(left, ignore_errors=True)
        self._workgroups.ensure_primary()
        self._records.recover()

    def stop(self) -> None:
        self._workers.stop()
        self._pool.close()

    def _run(self, execution_id: str, cancellation: Cancellation) -> None:
        try:
            if not self._records.advance(execution_id):
                return
        except AwsError:
            return  # deleted with its workgroup while it waited
        group = self._records.find(execution_id)["execution"]["WorkGroup"]
        configuration = self._workgroups.find(group)["Configuration"]
        self._runner.run(execution_id, cancellation, configuration)

    def _has_resource(self, arn: str) -> bool:
        prefix = self._workgroups.arn("")
        return arn.startswith(prefix) and self._workgroups.get_or_none(arn[len(prefix) :]) is not None

    def _empty_out(self, workgroup: str, recursive: bool) -> None:
        """Make way for deleting a workgroup: what it holds goes too, if the caller said so."""
        holders = (self._executions, self._named_queries, self._prepared)
        if not recursive and any(holder.of_workgroup(workgroup) for holder in holders):
            raise invalid("WorkGroup is not empty")
        for holder in holders:
            holder.forget_workgroup(workgroup)
