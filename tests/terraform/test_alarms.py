"""What rings, when a reader of a stream stops: it counts nothing any more, and an alarm on what it counts stays OK."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.engines.cloudwatch.metric_math import evaluate

from datastreamer.stages import ENVIRONMENTS
from tests.terraform_text import blocks

MODULES = ENVIRONMENTS.parent / "modules"
READERS = ("event_source_mapping", "firehose_delivery_stream")
PERIODS = (0, 300, 600, 900)


def alarm(module: str) -> dict[str, Any]:
    return dict(blocks(MODULES / module / "alarms.tf", "resource"))["not_reading"]


def breaches(module: str, **counted: dict[int, float]) -> list[bool]:
    """In which periods the alarm counts a breach; a metric that is not given has no data at all."""
    described = alarm(module)
    [expression] = [query["expression"] for query in described["metric_query"] if "expression" in query]
    series = {query["id"]: counted.get(query["id"], {}) for query in described["metric_query"] if "metric" in query}
    values = evaluate(expression, series, PERIODS)
    assert isinstance(values, dict)
    return [values[period] > described["threshold"] for period in PERIODS]


@pytest.mark.parametrize("module", READERS)
def test_records_that_come_in_and_are_not_read_ring(module: str) -> None:
    put = dict.fromkeys(PERIODS, 5.0)
    assert breaches(module, put=put) == [True] * 4
    assert breaches(module, put=put, taken=dict.fromkeys(PERIODS, 0.0)) == [True] * 4
    assert breaches(module, put=put, taken={0: 5.0, 300: 1.0}) == [False, False, True, True]


@pytest.mark.parametrize("module", READERS)
def test_a_stream_that_is_read_or_idle_is_silent(module: str) -> None:
    assert breaches(module) == [False] * 4
    assert breaches(module, put={0: 5.0, 600: 1.0}, taken={0: 5.0, 600: 1.0}) == [False] * 4
    assert breaches(module, put=dict.fromkeys(PERIODS, 0.0)) == [False] * 4


@pytest.mark.parametrize("module", READERS)
def test_numbers_of_the_last_period_that_are_late_do_not_keep_it_from_ringing(module: str) -> None:
    described = alarm(module)
    late = breaches(module, put={0: 5.0, 300: 5.0, 600: 5.0})
    assert len(late) == described["evaluation_periods"]
    assert sum(late) >= described["datapoints_to_alarm"]
