"""Drift: the index, which versions are judged by which bins, and when a training follows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from datastreamer.taxi.drift import questions, watch
from datastreamer.taxi.drift.retraining import Decision, retrain
from datastreamer.taxi.drift.stability import Bins, stability_index
from datastreamer.taxi.evaluation.baselines import bins_of
from datastreamer.taxi.functions import Place
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import LATEST_VIEW
from lambdas.taxi_drift.handler import handler
from tests.unit.taxi.registry import BEGAN, Registry

DAY = date(2025, 4, 1)
NAMES = Names("test", "123456789012")


def drift_of(then: Any, now: Any) -> float:
    """PSI of values by the query of a day, run by DuckDB, which reads its CASE as Athena does."""
    bins = Bins.of(bins_of(np.asarray(then, dtype=np.float64)))
    lake = duckdb.connect()
    lake.execute(f"CREATE TABLE {LATEST_VIEW} (event_date VARCHAR, model_version VARCHAR, trip_minutes DOUBLE)")
    rows = [(str(DAY), "7", None if np.isnan(value) else float(value)) for value in now]
    lake.executemany(f"INSERT INTO {LATEST_VIEW} VALUES (?, ?, ?)", rows)
    found = lake.execute(questions.histograms(DAY, "7", {"trip_minutes": bins})).fetchall()
    answer = [[str(cell) for cell in row] for row in found]
    return watch._indices({"trip_minutes": bins}, answer)["trip_minutes"]


def test_equal_shares_have_no_drift_and_a_shift_has() -> None:
    random = np.random.default_rng(1)
    then, now = random.gamma(2.0, 6.0, 4_000), random.gamma(2.0, 6.0, 1_500)
    assert drift_of(then, now) < 0.02
    assert drift_of(then, now * 1.5) > 0.2


def test_values_that_begin_to_be_missing_are_drift() -> None:
    random = np.random.default_rng(2)
    now = random.gamma(2.0, 6.0, 1_000)
    now[:300] = np.nan
    assert drift_of(random.gamma(2.0, 6.0, 4_000), now) > 0.2


def test_values_on_an_edge_fall_into_the_bin_that_they_fell_into_then() -> None:
    values = [1.0] * 70 + [2.0] * 30
    assert drift_of(values, values) == pytest.approx(0.0, abs=1e-12)


def test_the_index_is_that_of_its_definition() -> None:
    expected = (0.7 - 0.5) * np.log(0.7 / 0.5) + (0.3 - 0.5) * np.log(0.3 / 0.5)
    assert stability_index((0.5, 0.5), (70, 30)) == pytest.approx(expected)
    assert stability_index((0.5, 0.5), (0, 0)) == 0.0
    assert np.isfinite(stability_index((0.5, 0.5, 0.0), (0, 50, 50)))


@pytest.fixture
def registry() -> Registry:
    found = Registry()
    for _ in range(2):
        arn = found.add("Approved")
        uri = f"s3://models/evaluations/{arn[-1]}/baselines.json"
        found.packages[arn]["DriftCheckBaselines"] = {"ModelDataQuality": {"Statistics": {"S3Uri": uri}}}
        baselines = {
            name: {"edges": [1.0], "shares": [0.5, 0.5], "missing": 0.0} for name in ("trip_minutes", "residual")
        }
        found.objects[uri] = json.dumps(baselines).encode()
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    def answer(*rows: list[str | None]) -> list[str]:
        sqls: list[str] = []

        def ask(_client: Any, _names: Names, sql: str) -> list[list[str | None]]:
            sqls.append(sql)
            if "GROUP BY model_version" in sql:
                return list(rows)
            return [
                ["trip_minutes", "0", "900"],
                ["trip_minutes", "1", "100"],
                ["residual", "0", "500"],
                ["residual", "1", "500"],
            ]

        monkeypatch.setattr(watch, "_ask", ask)
        return sqls

    return answer


def test_each_version_is_judged_by_its_own_trips_and_baselines(
    registry: Registry, asked: Callable[..., list[str]]
) -> None:
    sqls = asked(["1", "1000", "0.4"], ["2", "2000", "0.5"])
    found = watch.watch(NAMES, registry.client, DAY)
    assert [(each.version, each.trips, each.median_residual) for each in found.drifts] == [
        ("1", 1000, 0.4),
        ("2", 2000, 0.5),
    ]
    assert found.drifts[0].indices["residual"] == 0.0
    assert found.drifts[0].largest == found.drifts[0].indices["trip_minutes"] > 0.2
    assert [re.findall(r"model_version = '(\d)'", sql)[:1] for sql in sqls] == [[], ["1"], ["2"]]


def test_versions_with_few_trips_or_that_nobody_registered_are_left_out_and_named(
    registry: Registry, asked: Callable[..., list[str]]
) -> None:
    asked(["1", "999", "0.4"], ["unregistered-0a1b2c3d", "5000", "9.0"])
    found = watch.watch(NAMES, registry.client, DAY)
    assert not found.drifts
    assert found.left_out == {
        "1": "it scored 999 trips, fewer than 1,000",
        "unregistered-0a1b2c3d": "it is not in the registry",
    }


def test_the_function_counts_drift_under_the_dimensions_that_the_alarm_names(
    registry: Registry,
    asked: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked(["1", "1000", "0.4"])
    monkeypatch.setattr(Place, "client", lambda _place, service: registry.client(service))
    monkeypatch.delenv("POWERTOOLS_SERVICE_NAME", raising=False)
    given = {"STAGE": "test", "ACCOUNT_ID": "123456789012", "MINIMUM_TRIPS": "1000"}
    for name, value in {**given, "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Taxi"}.items():
        monkeypatch.setenv(name, value)
    answer = handler({"day": str(DAY)}, None)
    assert answer["day"] == str(DAY)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    [day, *features] = [(line, line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) for line in lines]
    assert day[1] == [["Stage"]]
    assert day[0]["LargestDrift"] == [answer["drifts"][0]["indices"]["trip_minutes"]]
    assert day[0]["DailyMedianResidual"] == [0.4]
    assert {line["Feature"] for line, _ in features} == {"trip_minutes", "residual"}
    assert {line["ModelVersion"] for line, _ in features} == {"1"}


class Pipeline(Registry):
    """Starts executions."""

    exceptions = type("exceptions", (), {"ResourceNotFound": KeyError})

    def start_pipeline_execution(self, **request: Any) -> dict[str, str]:
        self.calls.append(("StartPipelineExecution", request))
        return {"PipelineExecutionArn": "new"}


def execution(status: str, hours: float) -> dict[str, Any]:
    return {
        "PipelineExecutionStatus": status,
        "StartTime": BEGAN - timedelta(hours=hours),
        "PipelineExecutionArn": "old",
    }


@pytest.mark.parametrize(
    ("running", "why"),
    [
        ([execution("Executing", 40)], "a training is under way: old"),
        ([execution("Succeeded", 5)], "a training began less than 1 day, 0:00:00 ago: old"),
        ([execution("Failed", 23.9)], "a training began less than 1 day, 0:00:00 ago: old"),
    ],
)
def test_drift_starts_no_training_during_or_soon_after_another(running: list[dict[str, Any]], why: str) -> None:
    pipeline: Any = Pipeline(running=running)
    assert retrain(pipeline, "training", BEGAN, timedelta(hours=24)) == Decision(why=why)
    assert not pipeline.calls


def test_drift_starts_a_training_that_says_so() -> None:
    pipeline: Any = Pipeline(running=[execution("Succeeded", 25)])
    assert retrain(pipeline, "training", BEGAN, timedelta(hours=24)) == Decision("new")
    [(_, request)] = pipeline.calls
    assert request["PipelineParameters"] == [{"Name": "Reason", "Value": "drift"}]
