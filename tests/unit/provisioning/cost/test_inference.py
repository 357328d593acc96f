"""The estimate of the inference pipeline follows its Terraform values and the workload, by AWS's rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.cost.inference import InferenceWorkload, estimate_inference
from datastreamer.provisioning.stage_values import pipeline_values
from scripts import cost as command

WORKLOAD = InferenceWorkload()
SECONDS = 730 * 3600


@pytest.fixture
def values() -> dict[str, Any]:
    return {**pipeline_values("production", "inference"), "endpoint_enabled": True}


def cost_of(part: str, values: dict[str, Any], workload: InferenceWorkload = WORKLOAD) -> float:
    return sum(cost.usd for cost in estimate_inference(values, workload) if cost.part.startswith(part))


def test_each_record_is_a_payload_unit_however_small(values: dict[str, Any]) -> None:
    assert cost_of("Kinesis", values) == pytest.approx(730 * 0.0195 + 100 * SECONDS / 1e6 * 0.0215)


def test_a_stream_that_is_too_small_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"1,001 records/s need 2 shards; the stage has 1: raise shard_count"):
        estimate_inference(values, replace(WORKLOAD, records_per_second=1001))


def test_without_a_window_each_shard_gives_a_batch_a_second(values: dict[str, Any]) -> None:
    calls = SECONDS
    seconds = calls * 0.03 + 100 * SECONDS * 0.0005
    assert cost_of("Lambda", values) == pytest.approx(calls / 1e6 * 0.2 + seconds * 0.5 * 0.0000133334)


def test_a_window_makes_fewer_and_fuller_batches(values: dict[str, Any]) -> None:
    windowed = values | {"batching_window_seconds": 2}
    fewer = 0.5 * SECONDS / 1e6 * 0.2 + 0.5 * SECONDS * 0.03 * 0.5 * 0.0000133334
    assert cost_of("Lambda", values) - cost_of("Lambda", windowed) == pytest.approx(fewer)
    assert cost_of("CloudWatch", values) - cost_of("CloudWatch", windowed) == pytest.approx(
        0.5 * SECONDS * 956e-9 * 0.76
    )


def test_full_batches_are_not_waited_for(values: dict[str, Any]) -> None:
    busy = replace(WORKLOAD, records_per_second=900)
    small = values | {"batch_size": 10}
    # 90 batches a second are full before the shard is read again, or 1.8 of 500.
    per_batch = SECONDS * (0.2e-6 + 0.03 * 0.5 * 0.0000133334)
    assert cost_of("Lambda", small, busy) - cost_of("Lambda", values, busy) == pytest.approx((90 - 1.8) * per_batch)


def test_a_batch_has_a_record_at_least(values: dict[str, Any]) -> None:
    slow = replace(WORKLOAD, records_per_second=0.1)
    assert cost_of("Lambda", values, slow) == pytest.approx(
        0.1 * SECONDS * (0.2e-6 + (0.03 + 0.0005) * 0.5 * 0.0000133334)
    )


def test_an_endpoint_is_billed_for_each_instance_and_hour(values: dict[str, Any]) -> None:
    data = 100 * SECONDS * 200 / 1e9 * 0.016
    assert cost_of("SageMaker", values) == pytest.approx(730 * 0.149 + data)
    two = values | {"minimum_instances": 2, "instance_type": "ml.c5.xlarge"}
    assert cost_of("SageMaker", two) == pytest.approx(2 * 730 * 0.257 + data)


def test_a_serverless_endpoint_is_billed_for_its_calls(values: dict[str, Any]) -> None:
    serverless = values | {"endpoint_serverless": True}
    data = 100 * SECONDS * 200 / 1e9 * 0.016
    assert cost_of("SageMaker", serverless) == pytest.approx(SECONDS * 0.02 * 2 * 0.00002 + data)


def test_no_endpoint_costs_nothing_and_spares_its_alarms(values: dict[str, Any]) -> None:
    none = values | {"endpoint_enabled": False}
    assert cost_of("SageMaker", none) == 0
    fixed = values | {"maximum_instances": 1}
    assert cost_of("CloudWatch", fixed) - cost_of("CloudWatch", none) == pytest.approx(2 * 0.10)


def test_an_endpoint_that_grows_has_two_alarms_more(values: dict[str, Any]) -> None:
    fixed = values | {"maximum_instances": 1}
    assert cost_of("CloudWatch", values) - cost_of("CloudWatch", fixed) == pytest.approx(2 * 0.10)
    assert cost_of("CloudWatch", values | {"endpoint_serverless": True}) == cost_of("CloudWatch", fixed)


def test_an_instance_type_of_unknown_price_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"price of ml\.p4d\.24xlarge is not known here; known are ml\."):
        estimate_inference(values | {"instance_type": "ml.p4d.24xlarge"}, WORKLOAD)


def test_an_item_above_a_kilobyte_takes_two_writes(values: dict[str, Any]) -> None:
    one, two = (cost_of("DynamoDB, writes", values, replace(WORKLOAD, item_bytes=size)) for size in (1024, 1025))
    assert one == pytest.approx(100 * SECONDS / 1e6 * 0.715)
    assert two == pytest.approx(2 * one)


def test_predictions_that_expire_are_stored_for_so_long_only(values: dict[str, Any]) -> None:
    expiring = values | {"ttl_days": 30}
    assert cost_of("DynamoDB, storage", expiring) == pytest.approx(100 * 86_400 * 30 * 425 / 1e9 * (0.285 + 0.228))
    year, two = (cost_of("DynamoDB, storage", values, replace(WORKLOAD, months=months)) for months in (12, 24))
    assert two == pytest.approx(2 * year)


def test_the_streams_own_key_is_a_second_key(values: dict[str, Any]) -> None:
    assert cost_of("KMS", values) - cost_of("KMS", values | {"stream_customer_key": False}) == pytest.approx(1)


def test_the_command_prints_the_endpoint_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    printed = {}
    for endpoint in ("instances", "serverless", "none"):
        assert command.main(["production", "--pipeline", "inference", "--endpoint", endpoint]) == 0
        printed[endpoint] = capsys.readouterr().out
    assert "| 1 ml.m5.large, day and night " in printed["instances"]
    assert "| SageMaker, serverless " in printed["serverless"]
    assert "| no endpoint of the stack's own " in printed["none"]
    assert command.main(["production", "--pipeline", "inference", "--rate", "5000"]) == 2
    assert "need 5 shards" in capsys.readouterr().err


def test_the_page_of_the_pipeline_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["production", "--pipeline", "inference"]) == 0
    page = REPOSITORY / "docs" / "pipelines" / "inference.md"
    assert capsys.readouterr().out.strip() in page.read_text()
