"""The estimate follows the Terraform values and the workload, by the rules of AWS's price pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.provisioning.cost.schedule import runs_per_month
from datastreamer.provisioning.cost.table import Cost, table
from datastreamer.provisioning.cost.telemetry import COUNTS, Workload, estimate
from datastreamer.provisioning.stage_values import pipeline_values
from datastreamer.telemetry.job.report import metric_data
from scripts import cost as command

WORKLOAD = Workload()


@pytest.fixture
def values() -> dict[str, Any]:
    return dict(pipeline_values("production", "telemetry"))


def cost_of(part: str, values: dict[str, Any], workload: Workload = WORKLOAD) -> float:
    return next(cost.usd for cost in estimate(values, workload) if cost.part.startswith(part))


def test_every_metric_of_the_job_is_paid_for() -> None:
    assert len(metric_data("production", [])) == COUNTS


def test_a_shard_costs_its_hours_and_its_payload_units(values: dict[str, Any]) -> None:
    values |= {"shard_count": 1, "stream_retention_hours": 24}
    # 100 readings/s in records of 50 x 201 bytes: 2 records/s, each one unit of 25 KB.
    assert cost_of("Kinesis", values) == pytest.approx(730 * 0.0195 + 2 * 730 * 3600 / 1e6 * 0.0215)


def test_a_record_above_25_kb_takes_two_payload_units(values: dict[str, Any]) -> None:
    small = cost_of("Kinesis", values, replace(WORKLOAD, pack=127))
    large = cost_of("Kinesis", values, replace(WORKLOAD, pack=128))
    assert large > small


def test_keeping_records_longer_than_a_day_costs_more(values: dict[str, Any]) -> None:
    day, week = cost_of("Kinesis", values | {"stream_retention_hours": 24}), cost_of("Kinesis", values)
    assert week - day == pytest.approx(2 * 730 * 0.026)


def test_an_on_demand_stream_costs_its_hours_and_its_gigabytes(values: dict[str, Any]) -> None:
    gigabytes = 10 * 1024 * 2 * 730 * 3600 / 1e9
    expected = 730 * 0.052 + gigabytes * (0.104 + 0.052)
    assert cost_of("Kinesis", values | {"stream_mode": "ON_DEMAND"}) == pytest.approx(expected)


def test_packing_saves_what_firehose_rounds_up(values: dict[str, Any]) -> None:
    alone, packed = (cost_of("Firehose", values, replace(WORKLOAD, pack=pack)) for pack in (1, 50))
    # One reading of 201 bytes is billed as 5 KB, fifty of them as 10 KB.
    assert alone / packed == pytest.approx(25)


def test_old_raw_objects_cost_less(values: dict[str, Any]) -> None:
    # At this rate objects are larger than the 128 KB below which S3 does not move them.
    workload = replace(WORKLOAD, months=24)
    assert cost_of("S3, raw", values, workload) < 0.5 * cost_of("S3, raw", values | {"age_objects": False}, workload)


def test_small_objects_are_not_moved(values: dict[str, Any]) -> None:
    workload = replace(WORKLOAD, readings_per_second=1, pack=5, months=24)
    moved, kept = (cost_of("S3, raw", values | {"age_objects": ages}, workload) for ages in (True, False))
    assert moved == kept


def test_a_short_job_run_is_billed_for_a_minute(values: dict[str, Any]) -> None:
    assert cost_of("Glue job", values) == pytest.approx(2920 * 2 * 60 / 3600 * 0.44)


def test_a_long_job_run_is_billed_for_its_seconds(values: dict[str, Any]) -> None:
    workload = replace(WORKLOAD, job_rows_per_second=100)
    # 100 readings/s for 15 minutes are 90,000 rows: 900 s of work after 30 s of start.
    assert cost_of("Glue job", values, workload) == pytest.approx(2920 * 2 * 930 / 3600 * 0.44)


def test_a_job_that_nobody_schedules_costs_nothing(values: dict[str, Any]) -> None:
    assert cost_of("Glue job", values | {"job_schedule_enabled": False}) == 0


def test_each_crawl_is_billed_for_ten_minutes(values: dict[str, Any]) -> None:
    daily = cost_of("Glue crawler", values)
    assert daily == pytest.approx(730 / 24 * 2 * 600 / 3600 * 0.44)
    assert cost_of("Glue crawler", values | {"crawler_schedule": "cron(0 * * * ? *)"}) == pytest.approx(24 * daily)


def test_a_query_is_billed_for_ten_megabytes_at_least(values: dict[str, Any]) -> None:
    tiny = replace(WORKLOAD, readings_per_second=1, pack=1)
    assert cost_of("Athena", values, tiny) == pytest.approx(100 * 730 / 24 * 10e6 / 1e12 * 5)


def test_the_streams_own_key_is_a_second_key(values: dict[str, Any]) -> None:
    assert cost_of("KMS", values) - cost_of("KMS", values | {"stream_customer_key": False}) == pytest.approx(1)


def test_shard_level_metrics_are_billed_for_each_shard(values: dict[str, Any]) -> None:
    more = values | {"shard_level_metrics": ["IncomingBytes", "OutgoingBytes"]}
    assert cost_of("CloudWatch", more) - cost_of("CloudWatch", values) == pytest.approx(2 * 2 * 0.30)


def test_a_stream_that_is_too_small_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"10,000 readings/s need 3 shards; the stage has 2"):
        estimate(values, replace(WORKLOAD, readings_per_second=10_000))
    with pytest.raises(ConfigurationError, match=r"need 3 shards"):
        estimate(values, replace(WORKLOAD, readings_per_second=2_001, pack=1))


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(15 minutes)", 2920),
        ("rate(1 hour)", 730),
        ("rate(1 day)", 730 / 24),
        ("cron(0 * * * ? *)", 730),
        ("cron(0,30 3 * * ? *)", 2 * 730 / 24),
        ("cron(0/15 * * * ? *)", 2920),
        ("cron(*/20 8,20 * * ? *)", 6 * 730 / 24),
        ("cron(0 12 5 * ? *)", 1),
        ("cron(0,30 12 5,20 * ? *)", 4),
    ],
)
def test_schedules_are_counted(expression: str, runs: float) -> None:
    assert runs_per_month(expression) == pytest.approx(runs)


@pytest.mark.parametrize(
    "expression", ["cron(0 0 1-3 * ? *)", "cron(0 0 1 6 ? *)", "cron(0-5 * * * ? *)", "at(2026-01-01T00:00:00)"]
)
def test_a_schedule_that_cannot_be_counted_is_refused(expression: str) -> None:
    with pytest.raises(ConfigurationError, match=r"can be counted"):
        runs_per_month(expression)


def test_the_table_adds_up() -> None:
    text = table([Cost("A", "1 thing", 1.25), Cost("Longer", "2 things", 1000)])
    assert text.splitlines() == [
        "| part    | quantity |  USD a month |",
        "|---------|----------|-------------:|",
        "| A       | 1 thing  |         1.25 |",
        "| Longer  | 2 things |     1,000.00 |",
        "| **sum** |          | **1,001.25** |",
    ]


def test_a_stages_values_win_over_the_pipelines_defaults() -> None:
    production, staging = pipeline_values("prod", "telemetry"), pipeline_values("staging", "telemetry")
    assert (production["shard_count"], staging["shard_count"]) == (2, 1)
    assert (production["force_destroy"], staging["force_destroy"]) == (False, True)
    assert production["athena_scan_limit_bytes"] == 10 * 1024**3


def test_an_unknown_stage_has_no_values() -> None:
    with pytest.raises(UsageError, match="there is no stage 'moon'"):
        pipeline_values("moon", "telemetry")


def test_the_command_prints_the_table_or_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["production", "--rate", "10"]) == 0
    assert "| Glue crawler " in capsys.readouterr().out
    assert command.main(["production", "--rate", "1000000"]) == 2
    assert "need 201 shards" in capsys.readouterr().err
