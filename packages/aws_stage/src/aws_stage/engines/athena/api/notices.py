"""What Athena tells others of a query: the event of each state and, where the workgroup wants it, its metrics."""

from __future__ import annotations

import logging
from typing import Any

from aws_stage.kernel.engine import Stage
from aws_stage.storage.store import Document

logger = logging.getLogger("aws_stage.athena")

SOURCE = "aws.athena"
DETAIL_TYPE = "Athena Query State Change"
NAMESPACE = "AWS/Athena"
_TIMES = {
    "EngineExecutionTime": "EngineExecutionTimeInMillis",
    "QueryPlanningTime": "QueryPlanningTimeInMillis",
    "QueryQueueTime": "QueryQueueTimeInMillis",
    "ServiceProcessingTime": "ServiceProcessingTimeInMillis",
    "TotalExecutionTime": "TotalExecutionTimeInMillis",
}
_SEQUENCE = {"QUEUED": "1", "RUNNING": "2"}


def announce(stage: Stage, execution: Document, previous: str | None, *, metrics: bool) -> None:
    """Publish the state that an execution has come to. What fails here is logged: the query is not to blame."""
    state = execution["Status"]["State"]
    detail: dict[str, Any] = {
        "versionId": "0",
        "currentState": state,
        "queryExecutionId": execution["QueryExecutionId"],
        "sequenceNumber": _SEQUENCE.get(state, "3"),
        "statementType": execution["StatementType"],
        "workgroupName": execution["WorkGroup"],
    }
    if previous is not None:
        detail["previousState"] = previous
    try:
        stage.publish(SOURCE, DETAIL_TYPE, detail)
        if metrics and state not in _SEQUENCE:
            stage.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=_metrics(execution))
    except Exception:
        logger.exception("announcing query %s", execution["QueryExecutionId"])


def _metrics(execution: Document) -> list[dict[str, Any]]:
    statistics = execution["Statistics"]
    dimensions = [
        {"Name": "QueryState", "Value": execution["Status"]["State"]},
        {"Name": "QueryType", "Value": execution["StatementType"]},
        {"Name": "WorkGroup", "Value": execution["WorkGroup"]},
    ]
    times = [
        {"MetricName": name, "Dimensions": dimensions, "Value": statistics[member], "Unit": "Milliseconds"}
        for name, member in _TIMES.items()
        if member in statistics
    ]
    scanned = {
        "MetricName": "ProcessedBytes",
        "Dimensions": dimensions,
        "Value": statistics["DataScannedInBytes"],
        "Unit": "Bytes",
    }
    return [*times, scanned]
