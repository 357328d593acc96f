"""``Glue Job State Change``: what EventBridge hears of a run that ended.

https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.glue_jobs.runs import Run

SOURCE = "aws.glue"
DETAIL_TYPE = "Glue Job State Change"

_SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "TIMEOUT": "WARN", "FAILED": "ERROR"}


def state_change(run: Run) -> dict[str, Any]:
    """The event's ``detail`` for a run in its last state."""
    state = run["JobRunState"]
    messages = {
        "SUCCEEDED": "Job run succeeded",
        "STOPPED": "Job run stopped",
        "TIMEOUT": "Job run timed out",
        "FAILED": f"JobName:{run['JobName']} and JobRunId:{run['Id']} failed to execute with exception "
        + run.get("ErrorMessage", ""),
    }
    return {
        "jobName": run["JobName"],
        "severity": _SEVERITIES[state],
        "state": state,
        "jobRunId": run["Id"],
        "message": messages[state],
    }
