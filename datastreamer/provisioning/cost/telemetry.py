"""What the telemetry pipeline costs a month on AWS, estimated from a stage's Terraform values and a workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.estimate import Estimate, Options
from datastreamer.provisioning.cost.schedule import runs_per_month
from datastreamer.provisioning.cost.stream import StreamLoad, stream_cost
from datastreamer.provisioning.cost.table import Cost, rounded

GB = 1e9
ALARMS = 12
"""Alarms that the pipeline declares."""
FURTHER_ALARM_METRICS = 2
"""Of the alarms that watch two metrics: on the quarantine rate, and on what Firehose does not read."""
COUNTS = 8
"""Metrics that the job counts for the stage as a whole."""


@dataclass(frozen=True)
class Workload:
    """What the sensors and the analysts do. Sizes are bytes.

    ``reading_bytes``, ``gzip_ratio``, ``row_bytes`` (the row in Parquet and its id in the job's index) and
    ``scanned_row_bytes`` (what an average per device reads of a row) were measured on 100,000 readings of the simulated
    sensors. ``months`` is how long the lake has been filling: storage is billed for all of it.
    """

    readings_per_second: float = 100.0
    reading_bytes: int = 200
    pack: int = 50
    gzip_ratio: float = 0.07
    row_bytes: float = 13.0
    scanned_row_bytes: float = 3.0
    quarantine_reasons: int = 10
    queries_per_day: int = 100
    job_start_seconds: float = 30.0
    job_rows_per_second: float = 150_000.0
    job_log_bytes: int = 1_000_000
    months: int = 12

    @property
    def readings_per_month(self) -> float:
        return self.readings_per_second * p.HOURS_PER_MONTH * 3600

    @property
    def record_bytes(self) -> int:
        """One Kinesis record: ``pack`` readings, each with its line end."""
        return self.pack * (self.reading_bytes + 1)

    @property
    def records_per_month(self) -> float:
        return self.readings_per_month / self.pack


def monthly(values: Mapping[str, Any], options: Options) -> Estimate:
    """The cost of a month; see ``Monthly``."""
    workload = Workload(
        **options.given(
            rate="readings_per_second",
            pack="pack",
            reading_bytes="reading_bytes",
            queries="queries_per_day",
            months="months",
        )
    )
    return Estimate(
        estimate(values, workload),
        f"{workload.readings_per_second:g} readings/s of {workload.reading_bytes} bytes, {workload.pack} to a "
        f"record, {workload.queries_per_day} queries a day, a lake of {workload.months} months",
    )


def estimate(values: Mapping[str, Any], workload: Workload) -> list[Cost]:
    """The monthly cost of each part, in the order in which a reading meets it.

    ``values`` are those of ``pipeline_values``. Raises ConfigurationError for a stream too small for the workload and
    for a schedule that it cannot count.
    """
    load = StreamLoad(
        workload.readings_per_second,
        "readings",
        workload.readings_per_second / workload.pack,
        workload.record_bytes,
        "pack more readings into a record",
    )
    return [
        stream_cost(values, load),
        _delivery(workload),
        *_storage(values, workload),
        _job(values, workload),
        _crawler(values),
        _queries(workload),
        _keys(values, workload),
        _watching(values, workload),
    ]


def _delivery(workload: Workload) -> Cost:
    billed = rounded(workload.record_bytes, p.FIREHOSE_RECORD_BYTES) * workload.records_per_month / GB
    return Cost("Firehose", f"{billed:,.0f} GB, records rounded up to 5 KB", billed * p.FIREHOSE_GB)


def _storage(values: Mapping[str, Any], workload: Workload) -> list[Cost]:
    gigabytes = workload.readings_per_month * workload.reading_bytes / GB
    raw = gigabytes * workload.gzip_ratio
    objects = max(
        p.HOURS_PER_MONTH * 3600 / max(values["buffering_seconds"], 1),
        gigabytes * GB / (values["buffering_megabytes"] * 1024 * 1024),
    )
    moves = values["age_objects"] and raw * GB / objects >= p.S3_SMALLEST_MOVED_BYTES
    age = workload.months * p.DAYS_PER_MONTH
    warm = min(age, values["raw_infrequent_access_days"]) if moves else age
    cool = min(age, values["raw_glacier_days"]) - warm if moves else 0.0
    cold = age - warm - cool
    daily = raw / p.DAYS_PER_MONTH
    raw_usd = daily * (
        warm * p.S3_STANDARD_GB_MONTH + cool * p.S3_INFREQUENT_ACCESS_GB_MONTH + cold * p.S3_GLACIER_GB_MONTH
    )
    raw_usd += objects / 1000 * (p.S3_PUT_THOUSAND + p.S3_GET_THOUSAND)
    if moves:
        raw_usd += objects / 1000 * (p.S3_TO_INFREQUENT_ACCESS_THOUSAND + p.S3_TO_GLACIER_THOUSAND)
    curated = workload.readings_per_month * workload.row_bytes / GB * workload.months
    # A run writes a file to each day that it touches, seldom more than two, and keeps its books in a few objects.
    writes = runs_per_month(values["job_schedule"]) * 10
    return [
        Cost("S3, raw objects", f"{raw * workload.months:,.0f} GB after {workload.months} months", raw_usd),
        Cost(
            "S3, tables",
            f"{curated:,.0f} GB after {workload.months} months",
            curated * p.S3_STANDARD_GB_MONTH + writes / 1000 * p.S3_PUT_THOUSAND,
        ),
    ]


def _job(values: Mapping[str, Any], workload: Workload) -> Cost:
    runs = runs_per_month(values["job_schedule"]) if values["job_schedule_enabled"] else 0.0
    rows = workload.readings_per_month / runs if runs else 0.0
    seconds = max(p.GLUE_JOB_LEAST_SECONDS, workload.job_start_seconds + rows / workload.job_rows_per_second)
    dpu = values["job_workers"] * p.GLUE_WORKER_DPU[values["job_worker_type"]]
    usd = runs * dpu * seconds / 3600 * p.GLUE_DPU_HOUR
    return Cost("Glue job", f"{runs:,.0f} runs of {seconds:.0f} s on {dpu} DPU", usd)


def _crawler(values: Mapping[str, Any]) -> Cost:
    runs = runs_per_month(values["crawler_schedule"])
    usd = runs * p.GLUE_CRAWLER_DPU * p.GLUE_CRAWLER_LEAST_SECONDS / 3600 * p.GLUE_DPU_HOUR
    return Cost("Glue crawler", f"{runs:,.0f} crawls, billed for 10 minutes each", usd)


def _queries(workload: Workload) -> Cost:
    queries = workload.queries_per_day * p.DAYS_PER_MONTH
    scanned = max(workload.readings_per_second * 86_400 * workload.scanned_row_bytes, p.ATHENA_LEAST_BYTES)
    usd = queries * scanned / 1e12 * p.ATHENA_TB
    return Cost("Athena", f"{queries:,.0f} queries of {scanned / 1e6:,.0f} MB", usd)


def _keys(values: Mapping[str, Any], workload: Workload) -> Cost:
    keys = 2 if values["stream_customer_key"] else 1
    # Bucket keys and Kinesis's five minutes a data key leave few requests: about one an object, a run's part, a query.
    requests = (
        p.HOURS_PER_MONTH * 3600 / max(values["buffering_seconds"], 1)
        + runs_per_month(values["job_schedule"]) * 20
        + workload.queries_per_day * p.DAYS_PER_MONTH * 5
    )
    usd = keys * p.KMS_KEY_MONTH + requests / 10_000 * p.KMS_REQUESTS_TEN_THOUSAND
    return Cost("KMS", f"{keys} keys, {requests / 1000:,.0f} k requests", usd)


def _watching(values: Mapping[str, Any], workload: Workload) -> Cost:
    alarms = ALARMS if values["job_schedule_enabled"] else ALARMS - 1
    metrics = COUNTS + workload.quarantine_reasons + len(values["shard_level_metrics"]) * values["shard_count"]
    logs = runs_per_month(values["job_schedule"]) * workload.job_log_bytes / GB
    usd = (
        (alarms + FURTHER_ALARM_METRICS) * p.CLOUDWATCH_ALARM_MONTH
        + metrics * p.CLOUDWATCH_METRIC_MONTH
        + p.CLOUDWATCH_DASHBOARD_MONTH
        + logs * p.CLOUDWATCH_LOGS_GB
    )
    return Cost("CloudWatch", f"{alarms} alarms, {metrics} metrics, 1 dashboard, {logs:,.1f} GB of logs", usd)
