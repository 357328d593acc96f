"""The estimate of the taxi pipeline follows its Terraform values and the workload, by AWS's rules."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost.estimate import Options
from datastreamer.provisioning.cost.taxi import ALARMS, COUNTS, TaxiWorkload, estimate_taxi, monthly
from datastreamer.provisioning.stage_values import pipeline_values
from datastreamer.taxi.silver.report import Outcome, metric_data
from tests.conftest import REPOSITORY

WORKLOAD = TaxiWorkload()
TRIPS = 1.4 * 730 * 3600


@pytest.fixture
def values() -> dict[str, Any]:
    return dict(pipeline_values("production", "taxi"))


def cost_of(part: str, values: dict[str, Any], workload: TaxiWorkload = WORKLOAD) -> float:
    return sum(cost.usd for cost in estimate_taxi(values, workload) if cost.part.startswith(part))


def test_the_job_is_billed_for_a_minute_each_day_and_for_the_month_that_it_makes(values: dict[str, Any]) -> None:
    days = 730 / 24
    assert cost_of("Glue job", values) == pytest.approx((days * 60 + TRIPS / 30_000) * 2 / 3600 * 0.44)


def test_each_live_trip_is_a_put_unit_and_a_stream_that_is_too_small_is_refused(values: dict[str, Any]) -> None:
    assert cost_of("Kinesis", values) == pytest.approx(730 * 0.0195 + TRIPS / 1e6 * 0.0215)
    with pytest.raises(ConfigurationError, match=r"1,001 trips/s need 2 shards; the stage has 1"):
        estimate_taxi(values, replace(WORKLOAD, trips_per_second=1001))


def test_each_prediction_is_delivered_as_five_kilobytes_and_kept_compressed(values: dict[str, Any]) -> None:
    assert cost_of("Firehose", values) == pytest.approx(TRIPS * 5_120 / 1e9 * 0.036)
    assert cost_of("S3, predictions", values) == pytest.approx(TRIPS * WORKLOAD.gold_bytes * 12 / 1e9 * 0.025)


def test_a_longer_window_makes_fewer_batches_and_a_flood_of_trips_fuller_ones(values: dict[str, Any]) -> None:
    rules = 730 * 60 / 1e6 * 0.1425
    batch = 0.2e-6 + WORKLOAD.batch_seconds * 0.5 * 0.0000133334
    assert cost_of("Lambda", values) == pytest.approx(730 * 3600 * batch + rules)
    slow = {**values, "batching_window_seconds": 10}
    assert cost_of("Lambda", slow) == pytest.approx(73 * 3600 * batch + rules)
    flood = replace(WORKLOAD, trips_per_second=1_000.0)
    assert cost_of("Lambda", {**slow, "batch_size": 100}, flood) == pytest.approx(10 * 730 * 3600 * batch + rules)


def test_a_job_that_nobody_schedules_costs_nothing_and_has_no_alarm_that_it_stalls(values: dict[str, Any]) -> None:
    idle = {**values, "job_schedule_enabled": False}
    assert cost_of("Glue job", idle) == 0
    assert cost_of("CloudWatch", values) - cost_of("CloudWatch", idle) == pytest.approx(0.1)


def test_storage_grows_with_trips_and_months(values: dict[str, Any]) -> None:
    assert cost_of("S3, TLC", values) == pytest.approx(TRIPS * WORKLOAD.bronze_bytes * 12 / 1e9 * 0.025)
    longer = replace(WORKLOAD, months=24)
    assert cost_of("S3, tables", values, longer) == pytest.approx(2 * cost_of("S3, tables", values))


def test_every_alarm_that_the_page_explains_and_every_metric_of_the_job_is_paid_for() -> None:
    page = (REPOSITORY / "docs/pipelines/taxi.md").read_text().split("## Alarms\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `<taxi>")]
    assert len(re.findall(r"`<taxi>[a-z-]+`", "".join(cells))) == ALARMS
    assert len(metric_data("test", Outcome())) == COUNTS


def test_an_endpoint_costs_its_instances_and_a_training_two_jobs(values: dict[str, Any]) -> None:
    assert cost_of("SageMaker endpoint", values) == pytest.approx(2 * 730 * 0.149)
    assert cost_of("SageMaker training", values) == pytest.approx(2 * 10 / 60 * 0.298, rel=0.02)
    assert cost_of("SageMaker training", {**values, "training_schedule_enabled": False}) == 0
    with pytest.raises(ConfigurationError, match=r"the price of ml\.p5\.48xlarge is not known"):
        estimate_taxi({**values, "endpoint_instance_type": "ml.p5.48xlarge"}, WORKLOAD)


def test_what_is_asked_for_wins_over_the_pipelines_own_figures(values: dict[str, Any]) -> None:
    estimate = monthly(values, Options(rate=5.0, queries=7, months=3))
    assert estimate.workload.startswith("5 trips/s, sent live and published once a month, 7 queries a day")
    assert estimate.costs == estimate_taxi(values, TaxiWorkload(trips_per_second=5.0, queries_per_day=7, months=3))
