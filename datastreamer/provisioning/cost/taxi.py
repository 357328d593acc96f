"""What the taxi pipeline costs a month on AWS, estimated from its Terraform values and a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.estimate import Estimate, Options
from datastreamer.provisioning.cost.schedule import runs_per_month
from datastreamer.provisioning.cost.stream import StreamLoad, stream_cost
from datastreamer.provisioning.cost.table import Cost

GB = 1e9
ALARMS = 7
"""Alarms that the pipeline declares."""
FURTHER_ALARM_METRICS = 1
"""Of the alarm that watches two metrics, on the quarantine rate."""
COUNTS = 6
"""Metrics that the job counts."""


@dataclass(frozen=True)
class TaxiWorkload:
    """The trips that TLC publishes, and what data scientists ask. Sizes are bytes of a row, times seconds.

    The default rate is that of January 2026: 3,724,889 rows. ``bronze_bytes`` was measured on 100,000 simulated trips,
    ``silver_bytes`` (both tables) and ``record_bytes`` (of a live trip) on 20,000. ``job_start_seconds``,
    ``job_rows_per_second``, ``scanned_row_bytes`` (what a question about fares reads) and ``job_log_bytes`` (of a run)
    are assumptions.
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
        _stored("S3, TLC's files", workload, workload.bronze_bytes),
        _job(values, workload),
        _stored("S3, tables", workload, workload.silver_bytes),
        _queries(workload),
        Cost("KMS", "1 key", p.KMS_KEY_MONTH),
        _watching(values, workload),
    ]


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


def _watching(values: Mapping[str, Any], workload: TaxiWorkload) -> Cost:
    alarms = ALARMS if values["job_schedule_enabled"] else ALARMS - 1
    logs = runs_per_month(values["job_schedule"]) * workload.job_log_bytes / GB
    usd = (
        (alarms + FURTHER_ALARM_METRICS) * p.CLOUDWATCH_ALARM_MONTH
        + COUNTS * p.CLOUDWATCH_METRIC_MONTH
        + p.CLOUDWATCH_DASHBOARD_MONTH
        + logs * p.CLOUDWATCH_LOGS_GB
    )
    return Cost("CloudWatch", f"{alarms} alarms, {COUNTS} metrics, 1 dashboard, {logs:,.2f} GB of logs", usd)
