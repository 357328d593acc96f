"""What a job run tells the world: one line of the log and its CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datastreamer.events.reading import CRASHED_THE_READER
from datastreamer.telemetry.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

METRICS_NAMESPACE = "Datastreamer/Telemetry"


def log_line(stage: str, run_id: str, turns: Sequence[Manifest]) -> dict[str, Any]:
    """The run in one JSON object; ``turns`` are the manifests that it committed, none when nothing was new."""
    return {
        "event": "temperature_etl",
        "stage": stage,
        "run_id": run_id,
        "sequences": [turn.sequence for turn in turns],
        "objects": sum(len(turn.objects) for turn in turns),
        "bytes": sum(item.size for turn in turns for item in turn.objects),
        "lines": sum(turn.lines for turn in turns),
        "curated": sum(turn.curated for turn in turns),
        "quarantined": _quarantined(turns),
        "duplicates": sum(turn.duplicates for turn in turns),
        "files": sum(len(turn.files) for turn in turns),
        "crashed_objects": [
            item.source_object for turn in turns for item in turn.objects if CRASHED_THE_READER in item.quarantined
        ],
        "corrupt_objects": {item.source_object: item.fault for turn in turns for item in turn.objects if item.fault},
    }


def metric_data(stage: str, turns: Sequence[Manifest]) -> list[MetricDatumTypeDef]:
    """Zeros too, so that an alarm sees a run that found nothing and not a job that does not run."""
    by_stage: DimensionTypeDef = {"Name": "Stage", "Value": stage}
    line = log_line(stage, "", turns)
    values = {
        "RecordsRead": line["lines"],
        "RecordsCurated": line["curated"],
        "RecordsQuarantined": sum(line["quarantined"].values()),
        "DuplicatesDropped": line["duplicates"],
        "ObjectsRead": line["objects"],
        "CrashedObjects": len(line["crashed_objects"]),
        "CorruptObjects": len(line["corrupt_objects"]),
    }
    data: list[MetricDatumTypeDef] = [
        {"MetricName": name, "Dimensions": [by_stage], "Value": value, "Unit": "Count"}
        for name, value in values.items()
    ]
    data.append({"MetricName": "BytesRead", "Dimensions": [by_stage], "Value": line["bytes"], "Unit": "Bytes"})
    data += [
        {
            "MetricName": "RecordsQuarantined",
            "Dimensions": [by_stage, {"Name": "Reason", "Value": reason}],
            "Value": lines,
            "Unit": "Count",
        }
        for reason, lines in line["quarantined"].items()
    ]
    return data


def _quarantined(turns: Sequence[Manifest]) -> dict[str, int]:
    total: dict[str, int] = {}
    for turn in turns:
        for reason, lines in turn.quarantined.items():
            total[reason] = total.get(reason, 0) + lines
    return total
