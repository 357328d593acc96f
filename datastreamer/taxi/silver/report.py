"""What a run of the silver job reports: one line of the log and its CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

METRICS_NAMESPACE: Final = "Datastreamer/Taxi"


@dataclass
class Outcome:
    """``made``: the manifests of months that were made; ``failed``: why others were not; ``unchanged``: months that
    are as bronze is; ``gone``: months in the tables of which bronze has nothing left; ``strays``: URIs in bronze that
    lie in no month's folder."""

    made: list[Manifest] = field(default_factory=list)
    failed: dict[Month, str] = field(default_factory=dict)
    unchanged: list[Month] = field(default_factory=list)
    gone: list[Month] = field(default_factory=list)
    strays: Sequence[str] = ()


def log_line(stage: str, run_id: str, outcome: Outcome) -> dict[str, Any]:
    """The run in one JSON object."""
    return {
        "event": "taxi_silver",
        "stage": stage,
        "run_id": run_id,
        "months": [manifest.month for manifest in outcome.made],
        "unchanged": len(outcome.unchanged),
        "rows": sum(manifest.rows for manifest in outcome.made),
        "silver": sum(manifest.silver for manifest in outcome.made),
        "quarantined": _total(manifest.quarantined for manifest in outcome.made),
        "faults": _total(manifest.faults for manifest in outcome.made),
        "failed": {str(month): why for month, why in outcome.failed.items()},
        "gone": [str(month) for month in outcome.gone],
        "strays": list(outcome.strays),
    }


def metric_data(stage: str, outcome: Outcome) -> list[MetricDatumTypeDef]:
    """Zeros too, so that an alarm sees a run that found nothing and not a job that does not run."""
    by_stage: DimensionTypeDef = {"Name": "Stage", "Value": stage}
    line = log_line(stage, "", outcome)
    values = {
        "RowsRead": line["rows"],
        "RowsInSilver": line["silver"],
        "RowsQuarantined": sum(line["quarantined"].values()),
        "MonthsMade": len(outcome.made),
        "MonthsFailed": len(outcome.failed),
        "StrayObjects": len(outcome.strays),
    }
    return [
        {"MetricName": name, "Dimensions": [by_stage], "Value": value, "Unit": "Count"}
        for name, value in values.items()
    ]


def _total(counts: Any) -> Mapping[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, rows in each.items():
            total[name] = total.get(name, 0) + rows
    return dict(sorted(total.items()))
