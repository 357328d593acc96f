"""The estimate of the votes pipeline follows its Terraform values and the workload, by AWS's rules."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost.estimate import Options
from datastreamer.provisioning.cost.votes import (
    ALARMS,
    UPDATES_PER_SECOND,
    VotesWorkload,
    estimate_votes,
    monthly,
)
from datastreamer.provisioning.stage_values import pipeline_values
from datastreamer.votes.publishing import INTERVAL_MS
from scripts import cost as command
from tests.conftest import REPOSITORY

WORKLOAD = VotesWorkload()
SECONDS = 730 * 3600


@pytest.fixture
def values() -> dict[str, Any]:
    return dict(pipeline_values("production", "votes"))


def cost_of(part: str, values: dict[str, Any], workload: VotesWorkload = WORKLOAD) -> float:
    return sum(cost.usd for cost in estimate_votes(values, workload) if cost.part.startswith(part))


def test_a_vote_is_a_request_and_a_payload_unit(values: dict[str, Any]) -> None:
    assert cost_of("API Gateway, REST", values) == pytest.approx(SECONDS / 1e6 * 4.25)
    assert cost_of("Kinesis", values) == pytest.approx(730 * 0.0195 + SECONDS / 1e6 * 0.0215)


def test_each_browser_gets_each_update_and_they_are_four_a_second_at_most(values: dict[str, Any]) -> None:
    minutes = 100 * SECONDS / 60 / 1e6 * 0.315
    assert cost_of("API Gateway, WebSocket", values) == pytest.approx(100 * SECONDS / 1e6 * 1.26 + minutes)
    busy = replace(WORKLOAD, votes_per_second=280)
    assert cost_of("API Gateway, WebSocket", values, busy) == pytest.approx(4 * 100 * SECONDS / 1e6 * 1.26 + minutes)
    assert UPDATES_PER_SECOND * INTERVAL_MS == 1000


def test_writes_grow_with_batches_and_not_with_votes(values: dict[str, Any]) -> None:
    some, many = (cost_of("DynamoDB, writes", values, replace(WORKLOAD, votes_per_second=rate)) for rate in (4, 400))
    assert some == many == pytest.approx(4 * SECONDS * 15 / 1e6 * 0.715)


def test_reads_grow_with_the_browsers_that_watch(values: dict[str, Any]) -> None:
    few, many = (cost_of("DynamoDB, reads", values, replace(WORKLOAD, viewers=number)) for number in (27, 2_700))
    assert few == pytest.approx(SECONDS * 10.5 / 1e6 * 0.1425)
    assert many == pytest.approx(SECONDS * (10 + 99 / 2) / 1e6 * 0.1425)


def test_firehose_bills_each_vote_as_5_kb(values: dict[str, Any]) -> None:
    assert cost_of("Firehose", values) == pytest.approx(SECONDS * 5120 / 1e9 * 0.036)


def test_a_stream_that_is_too_small_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"1,001 votes/s need 2 shards; the stage has 1"):
        estimate_votes(values, replace(WORKLOAD, votes_per_second=1001))


def test_every_alarm_that_the_page_explains_is_paid_for() -> None:
    page = (REPOSITORY / "docs/pipelines/votes.md").read_text().split("### Alarms\n")[1].split("\nWithout an alarm")[0]
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `<votes>")]
    assert len(re.findall(r"`<votes>[a-z-]+`", "".join(cells))) == ALARMS


def test_what_is_asked_for_wins_over_the_pipelines_own_figures(values: dict[str, Any]) -> None:
    estimate = monthly(values, Options(rate=5.0, viewers=7))
    assert estimate.workload.startswith("5 votes/s, 7 browsers that watch, a lake of 12 months")
    assert estimate.costs == estimate_votes(values, VotesWorkload(votes_per_second=5.0, viewers=7))


def test_the_command_prints_the_table_or_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["production", "--pipeline", "votes", "--rate", "10"]) == 0
    assert "| API Gateway, WebSocket " in capsys.readouterr().out
    assert command.main(["production", "--pipeline", "weather"]) == 2
    assert "there is no pipeline 'weather'" in capsys.readouterr().err
    assert command.main(["production", "--endpoint", "none-such"]) == 2
