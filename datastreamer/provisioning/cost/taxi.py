"""What the taxi pipeline costs a month on AWS, estimated from its Terraform values and a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.estimate import Estimate, Options
from datastreamer.provisioning.cost.schedule import runs_per_month
from datastreamer.provisioning.cost.stream import StreamLoad, stream_cost
from datastreamer.provisioning.cost.table import Cost, rounded

GB = 1e9
ALARMS = 35
"""Alarms that the pipeline declares without a search domain."""
FURTHER_ALARM_METRICS = 2
"""Of the alarms that watch two metrics: on the quarantine rate, and on what the function does not read."""
COUNTS = 6
"""Metrics that the job counts."""
FUNCTION_METRICS = 12
"""What the scoring function counts while one version answers and nothing is wrong: six counts by stage, and the rate of
outliers and the median residual as a whole, by stage and by version."""
MAPPING_METRICS = 6
"""What metric group EventCount counts; all are billed once each has counted something."""
DRIFTS = 10
"""Metrics of drift, of one version: two by stage, and one for each of seven features and the residual."""


@dataclass(frozen=True)
class TaxiWorkload:
    """The trips that TLC publishes, and what data scientists ask. Sizes are bytes of a row, times seconds.

    The default rate is that of January 2026: 3,724,889 rows. ``bronze_bytes`` was measured on 100,000 simulated trips,
    ``silver_bytes`` (both tables), ``record_bytes`` (of a live trip), ``prediction_bytes`` and ``gold_bytes`` (of a
    prediction, as it is sent and as it lies in S3) on 20,000. ``job_start_seconds``, ``job_rows_per_second``,
    ``scanned_row_bytes`` (what a question about fares reads), ``job_log_bytes`` (of a run), ``batch_seconds`` (of an
    invocation, the model's answer included), ``batch_log_bytes`` and ``training_minutes`` (of one of the two jobs of a
    training) are assumptions.
    ``months`` is how long the lake has been filling: storage is billed for all of it.
    """

    trips_per_second: float = 1.4
    record_bytes: int = 487
    bronze_bytes: float = 26.0
    silver_bytes: float = 38.0
    queries_per_day: int = 20
    scanned_row_bytes: float = 10.0
    job_start_seconds: float = 40.0
    job_rows_per_second: float = 30_000.0
    job_log_bytes: int = 300_000
    prediction_bytes: int = 652
    gold_bytes: float = 72.0
    batch_seconds: float = 0.06
    batch_log_bytes: int = 1_600
    training_minutes: float = 10.0
    months: int = 12

    @property
    def trips_per_month(self) -> float:
        return self.trips_per_second * p.HOURS_PER_MONTH * 3600


def monthly(values: Mapping[str, Any], options: Options) -> Estimate:
    """The cost of a month; see ``Monthly``."""
    workload = TaxiWorkload(**options.given(rate="trips_per_second", queries="queries_per_day", months="months"))
    return Estimate(
        estimate_taxi(values, workload),
        f"{workload.trips_per_second:g} trips/s, sent live and published once a month, {workload.queries_per_day} "
        f"queries a day over a year, a lake of {workload.months} months",
    )


def estimate_taxi(values: Mapping[str, Any], workload: TaxiWorkload) -> list[Cost]:
    """The monthly cost of each part, in the order in which a file meets it, after the stream of live trips.

    ``values`` are those of ``pipeline_values``. Raises ConfigurationError for a stream too small for the workload.
    """
    rate = workload.trips_per_second
    return [
        stream_cost(values, StreamLoad(rate, "trips", rate, workload.record_bytes, "send fewer trips")),
        _scoring(values, workload),
        _delivery(workload),
        _stored("S3, predictions", workload, workload.gold_bytes),
        _stored("S3, TLC's files", workload, workload.bronze_bytes),
        _job(values, workload),
        _stored("S3, tables", workload, workload.silver_bytes),
        _queries(workload),
        _training(values, workload),
        _endpoint(values),
        Cost("KMS", "1 key", p.KMS_KEY_MONTH),
        _watching(values, workload),
    ]


def _batches(values: Mapping[str, Any], workload: TaxiWorkload) -> float:
    """Invocations of a month: a shard is read as often as windows end, or as batches are full."""
    shards = values["shard_count"] if values["stream_mode"] == "PROVISIONED" else 1
    # Without a window Lambda reads a shard "at a base rate of once per second" (Lambda Developer Guide, Kinesis).
    read = shards / max(values["batching_window_seconds"], 1)
    full = workload.trips_per_second / values["batch_size"]
    return float(max(full, min(read, workload.trips_per_second)) * p.HOURS_PER_MONTH * 3600)


def _scoring(values: Mapping[str, Any], workload: TaxiWorkload) -> Cost:
    """The function, and its reads of the rules: a few items a minute."""
    batches = _batches(values, workload)
    seconds = batches * workload.batch_seconds
    reads = p.HOURS_PER_MONTH * 3600 / values["thresholds_seconds"]
    usd = (
        batches / 1e6 * p.LAMBDA_REQUESTS_MILLION
        + seconds * values["memory_megabytes"] / 1024 * p.LAMBDA_GB_SECOND[values["architecture"]]
        + reads / 1e6 * p.DYNAMODB_READS_MILLION
    )
    each = workload.trips_per_month / batches
    return Cost("Lambda", f"{batches / 1e6:,.1f} M batches of {each:,.0f}, {values['memory_megabytes']} MB", usd)


def _delivery(workload: TaxiWorkload) -> Cost:
    gigabytes = workload.trips_per_month * rounded(workload.prediction_bytes, p.FIREHOSE_RECORD_BYTES) / GB
    return Cost("Firehose", f"{gigabytes:,.1f} GB, records rounded up to 5 KB", gigabytes * p.FIREHOSE_GB)


def _stored(part: str, workload: TaxiWorkload, row_bytes: float) -> Cost:
    gigabytes = workload.trips_per_month * row_bytes / GB * workload.months
    return Cost(part, f"{gigabytes:,.1f} GB after {workload.months} months", gigabytes * p.S3_STANDARD_GB_MONTH)


def _job(values: Mapping[str, Any], workload: TaxiWorkload) -> Cost:
    """Most runs find nothing new; one of a month makes TLC's new file."""
    runs = runs_per_month(values["job_schedule"]) if values["job_schedule_enabled"] else 0.0
    least = max(p.GLUE_JOB_LEAST_SECONDS, workload.job_start_seconds)
    making = workload.trips_per_month / workload.job_rows_per_second if runs else 0.0
    dpu = values["job_workers"] * p.GLUE_WORKER_DPU[values["job_worker_type"]]
    usd = (runs * least + making) * dpu / 3600 * p.GLUE_DPU_HOUR
    return Cost("Glue job", f"{runs:,.0f} runs of {least:.0f} s, and {making:.0f} s for the month, on {dpu} DPU", usd)


def _queries(workload: TaxiWorkload) -> Cost:
    queries = workload.queries_per_day * p.DAYS_PER_MONTH
    scanned = max(workload.trips_per_month * 12 * workload.scanned_row_bytes, p.ATHENA_LEAST_BYTES)
    return Cost("Athena", f"{queries:,.0f} queries of {scanned / 1e6:,.0f} MB", queries * scanned / 1e12 * p.ATHENA_TB)


def _training(values: Mapping[str, Any], workload: TaxiWorkload) -> Cost:
    """Two jobs each time: training and evaluation. Their instances cost as much as those of endpoints."""
    runs = runs_per_month(values["training_schedule"]) if values["training_schedule_enabled"] else 0.0
    kind = values["training_instance_type"]
    hours = runs * 2 * workload.training_minutes / 60
    return Cost("SageMaker training", f"{runs:,.0f} trainings, {hours:.1f} h of {kind}", hours * _hourly(kind))


def _endpoint(values: Mapping[str, Any]) -> Cost:
    count, kind = values["endpoint_instances"], values["endpoint_instance_type"]
    return Cost("SageMaker endpoint", f"{count} {kind}", count * p.HOURS_PER_MONTH * _hourly(kind))


def _hourly(kind: str) -> float:
    if kind not in p.SAGEMAKER_INSTANCE_HOUR:
        raise ConfigurationError(
            f"the price of {kind} is not known here; known are {', '.join(p.SAGEMAKER_INSTANCE_HOUR)}"
        )
    return p.SAGEMAKER_INSTANCE_HOUR[kind]


def _watching(values: Mapping[str, Any], workload: TaxiWorkload) -> Cost:
    alarms = ALARMS if values["job_schedule_enabled"] else ALARMS - 1
    metrics = COUNTS + FUNCTION_METRICS + MAPPING_METRICS + DRIFTS
    logs = runs_per_month(values["job_schedule"]) * workload.job_log_bytes / GB
    logs += _batches(values, workload) * workload.batch_log_bytes / GB
    usd = (
        (alarms + FURTHER_ALARM_METRICS) * p.CLOUDWATCH_ALARM_MONTH
        + metrics * p.CLOUDWATCH_METRIC_MONTH
        + p.CLOUDWATCH_DASHBOARD_MONTH
        + logs * p.CLOUDWATCH_LOGS_GB
    )
    return Cost("CloudWatch", f"{alarms} alarms, {metrics} metrics, 1 dashboard, {logs:,.2f} GB of logs", usd)
