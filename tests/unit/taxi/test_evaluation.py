"""The evaluation of a model: its figures, its rule, what it finds of injected anomalies, and what is kept of it."""

from __future__ import annotations

import ast
import json
import math
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from datastreamer.events.trip import parse_trip
from datastreamer.provisioning.packages.source_package import build_source_package
from datastreamer.sensor.taxi.anomalies import ANOMALIES
from datastreamer.taxi.evaluation import program
from datastreamer.taxi.evaluation.baselines import bins_of
from datastreamer.taxi.evaluation.evaluation import Current, Limits, evaluate, metric_lines
from datastreamer.taxi.evaluation.injected import CITY_FARE, FARES, injected, recall_by_kind
from datastreamer.taxi.evaluation.measures import errors
from datastreamer.taxi.evaluation.rows import Model, Rows, read_rows
from datastreamer.taxi.evaluation.rule import LEAST_FLOOR, Rule, find_rule
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.thresholds import Thresholds
from tests.conftest import REPOSITORY
from tests.unit.taxi.fares import NAMES, Answers, rows_of, trained, write_model, write_set
from tests.unit.taxi.trips import row

PROGRAM = REPOSITORY / "datastreamer" / "taxi" / "evaluation" / "program.py"


def test_errors_are_those_of_the_definitions() -> None:
    found = errors(np.array([10.0, 10.0, 10.0, 10.0]), np.array([10.0, 12.0, 8.0, 6.0]))
    assert found["rmse"] == pytest.approx(math.sqrt((0 + 4 + 4 + 16) / 4))
    assert found["mae"] == 2.0
    assert found["median"] == 1.0
    assert found["p99"] == pytest.approx(3.94)


def test_a_prediction_that_is_no_number_makes_a_model_infinitely_bad() -> None:
    assert set(errors(np.array([1.0, 2.0]), np.array([1.0, math.nan])).values()) == {math.inf}
    assert Rule(1000.0, 0.0).outliers(np.array([1.0]), np.array([math.nan])).all()


def test_the_kinds_are_the_sensors_and_make_the_same_fares() -> None:
    assert set(FARES) == {kind.name for kind in ANOMALIES}
    driven = parse_trip(row())
    features = [[driven.trip_distance, 11.0, 10, 6, 161, 237, 1]]
    rows = Rows(np.array([driven.fare_amount]), np.array(features, dtype=np.float64), NAMES)
    for kind in ANOMALIES:
        assert kind.applies(driven)
        wrong = injected(rows, kind.name)
        assert wrong.labels[0] == pytest.approx(kind.fare(driven)), kind.name
        assert wrong.features[0, 0] == pytest.approx(driven.trip_distance * kind.miles), kind.name


@pytest.mark.parametrize(("fare", "zone", "applies"), [(12.0, 161, True), (CITY_FARE, 161, False), (12.0, 132, False)])
def test_an_airports_fare_is_injected_into_trips_of_the_city_alone(fare: float, zone: int, applies: bool) -> None:
    rows = Rows(np.array([fare]), np.array([[2.0, 11.0, 10, 6, zone, 237, 1]]), NAMES)
    assert len(injected(rows, "airport_fare_in_the_city").labels) == applies


def test_the_rule_marks_the_share_of_good_trips_that_was_asked_for() -> None:
    rows, others = rows_of(20_000, 1), rows_of(20_000, 2)
    model = Answers()
    rule = find_rule(rows.labels, model.predict(rows.features), 0.01)
    marked = rule.outliers(others.labels, model.predict(others.features)).mean()
    assert 0.0 <= marked <= 0.013
    assert rule.floor >= LEAST_FLOOR


def test_residuals_that_grow_with_the_fare_get_a_rule_that_does() -> None:
    random = np.random.default_rng(3)
    predicted = random.uniform(5.0, 80.0, 20_000)
    fares = predicted * (1.0 + random.normal(0.0, 0.05, 20_000))
    rule = find_rule(fares, predicted, 0.001)
    flat = Rule(float(np.quantile(np.abs(fares - predicted), 0.999)), 0.0)
    assert rule.factor > 0.1
    assert rule.outliers(fares * 1.5, predicted).mean() > flat.outliers(fares * 1.5, predicted).mean() + 0.1


def test_of_few_rows_a_rarer_residual_than_the_largest_is_estimated_from_the_tail() -> None:
    random = np.random.default_rng(5)
    predicted = np.full(300, 20.0)
    rule = find_rule(predicted + random.standard_t(3, 300), predicted, 0.001)
    later = random.standard_t(3, 100_000)
    marked = rule.outliers(20.0 + later, np.full(100_000, 20.0)).mean()
    assert 0.0001 < marked < 0.004
    largest = find_rule(np.array([10.0, 14.0, 9.0]), np.array([10.0, 10.0, 10.0]), 0.001)
    assert not largest.outliers(np.array([14.0]), np.array([10.0])).any()


def test_of_rules_that_find_the_same_the_most_lenient_is_taken() -> None:
    random = np.random.default_rng(6)
    predicted = random.uniform(20.0, 80.0, 5_000)
    rule = find_rule(predicted + random.normal(0.0, 0.3, 5_000), predicted, 0.001)
    assert rule.floor + rule.factor * 80.0 > 2.0  # a flat rule would mark beyond one dollar


def test_a_rule_is_one_that_the_table_of_thresholds_takes() -> None:
    rule = find_rule(np.array([10.0, 10.0]), np.array([10.0, 10.0]), 0.001)
    Thresholds("1", rule.floor, rule.factor, "hash", (1.0,))


def test_a_good_model_finds_what_a_constant_does_not() -> None:
    rows = rows_of(4_000, 4)
    good, constant = Answers(), Answers(constant=15.0)
    found = recall_by_kind(good, find_rule(rows.labels, good.predict(rows.features), 0.001), rows)
    missed = recall_by_kind(constant, find_rule(rows.labels, constant.predict(rows.features), 0.001), rows)
    assert set(found) == set(FARES)
    assert min(found["fare_doubled"], found["fare_halved"], found["negative_fare"]) > 0.95
    assert missed["fare_doubled"] < 0.2


def test_bins_hold_equal_shares_and_count_what_is_missing() -> None:
    bins = bins_of(np.array([*range(1, 91), *[math.nan] * 10], dtype=np.float64))
    assert bins["missing"] == pytest.approx(0.1)
    assert len(bins["shares"]) == len(bins["edges"]) + 1 == 10
    assert sum(bins["shares"]) + bins["missing"] == pytest.approx(1.0)
    assert max(bins["shares"]) - min(bins["shares"]) <= 0.02 + 1e-9


def test_values_that_repeat_give_fewer_bins_and_none_that_is_empty() -> None:
    bins = bins_of(np.array([1.0] * 70 + [2.0] * 30))
    assert bins == {"edges": [1.0], "shares": [0.7, 0.3], "missing": 0.0}
    assert bins_of(np.array([math.nan, math.nan])) == {"edges": [], "shares": [0.0], "missing": 1.0}


def test_the_first_model_is_held_to_limits_and_a_later_one_to_the_one_in_service() -> None:
    rows, limits = rows_of(4_000, 5), Limits(rmse=1.0, recall=0.8)
    first = evaluate(Answers(), rows, limits)
    assert first["allowed"] == {"rmse": 1.0, "recall": 0.8, "false_alarms": 2.0}
    assert first["current"] is None
    served = Current("7", Answers(times=1.05), Rule(2.0, 0.1))
    later = evaluate(Answers(), rows, limits, served)
    assert later["current"]["version"] == "7"
    assert later["allowed"]["rmse"] == later["current"]["rmse"] > later["candidate"]["rmse"]
    assert later["allowed"]["recall"] == pytest.approx(later["current"]["recall"] - 0.01)


def test_once_fares_have_changed_the_recall_of_a_rule_that_marks_every_trip_is_no_measure() -> None:
    model, served = Model(trained(rows_of(3_000, 1, surcharge=4.0))), Current("7", Answers(), Rule(1.0, 0.05))
    later = evaluate(model, rows_of(4_000, 5, surcharge=4.0), Limits(recall=0.7), served)
    assert later["current"]["false_alarms"] > 500
    assert later["current"]["recall"] - 0.01 > later["candidate"]["recall"] > 0.7
    assert later["allowed"]["recall"] == 0.7
    assert later["allowed"]["rmse"] == later["current"]["rmse"]


def test_a_model_is_not_judged_on_the_rows_that_its_rule_was_found_on() -> None:
    rows = rows_of(4_000, 6)
    rows.labels[1::2] += 5.0  # the rows that it is judged on are all strange
    assert evaluate(Answers(), rows, Limits())["candidate"]["false_alarms"] > 900


def test_the_program_reads_channels_and_writes_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = _channels(tmp_path, rows_of(3_000, 8))
    program.main(environ, ["--feature_hash", "0123456789abcdef", "--rmse", "1.5"])
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert document["feature_hash"] == "0123456789abcdef"
    assert document["allowed"]["rmse"] == 1.5
    assert len(document["fingerprint"]) == len(PROBES)
    assert set(document["baselines"]) == {*NAMES, "residual"}
    assert capsys.readouterr().out.splitlines() == metric_lines(document)
    assert f"candidate-rmse: {document['candidate']['rmse']:.6f}" in metric_lines(document)


def test_the_model_in_service_comes_with_its_rule(tmp_path: Path) -> None:
    environ = _channels(tmp_path, rows_of(3_000, 8))
    write_model(trained(rows_of(3_000, 10), rounds=5), tmp_path / "current")
    (tmp_path / "current" / "current.json").write_text(json.dumps({"version": "3", "floor": 4.0, "factor": 0.1}))
    program.main(environ, ["--feature_hash", "0123456789abcdef"])
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert document["current"]["version"] == "3"
    assert document["current"]["rmse"] > document["candidate"]["rmse"]


def test_a_set_without_rows_is_an_error_that_says_so(tmp_path: Path) -> None:
    write_set(rows_of(0, 1), tmp_path / "empty")
    with pytest.raises(ValueError, match="empty has no rows"):
        read_rows(tmp_path / "empty")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ValueError, match="nothing has no files"):
        read_rows(tmp_path / "nothing")


def test_the_archive_runs_without_the_project(tmp_path: Path) -> None:
    archive = build_source_package(PROGRAM, REPOSITORY, tmp_path, "taxi_evaluate")
    again = build_source_package(PROGRAM, REPOSITORY, tmp_path / "again", "taxi_evaluate")
    assert archive.read_bytes() == again.read_bytes()
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "code", filter="data")
    environ = _channels(tmp_path, rows_of(2_000, 8))
    alone = (
        "import sys, runpy; sys.meta_path[:] = [each for each in sys.meta_path if '__editable__' not in str(each)];"
        "sys.path.insert(0, '.'); sys.argv[:] = ['taxi_evaluate.py', '--feature_hash', 'abc'];"
        "runpy.run_path('taxi_evaluate.py', run_name='__main__'); import datastreamer; print(datastreamer.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", alone],
        cwd=tmp_path / "code",
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith(str(tmp_path / "code"))
    assert (tmp_path / "out" / "evaluation.json").is_file()


def test_the_archive_keeps_to_what_awss_container_has(tmp_path: Path) -> None:
    allowed = {"datastreamer", "numpy", "pyarrow", "xgboost", "__future__", *sys.stdlib_module_names}
    with tarfile.open(build_source_package(PROGRAM, REPOSITORY, tmp_path, "taxi_evaluate")) as tar:
        names = [member.name for member in tar if member.isfile()]
        texts = {name: tar.extractfile(name).read().decode() for name in names}  # type: ignore[union-attr]
    assert "taxi_evaluate.py" in names
    for name, text in texts.items():
        ast.parse(text, name, feature_version=(3, 9))
        imported = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
        assert set(imported) <= allowed, name
    assert not [name for name in names if "/events/" in name], "the contract of trips needs a newer Python"


def _channels(folder: Path, rows: Rows) -> dict[str, str]:
    write_set(rows, folder / "validation")
    write_model(trained(rows_of(3_000, 9)), folder / "model")
    (folder / "current").mkdir()
    (folder / "current" / "current.json").write_text(json.dumps({"version": None}))
    (folder / "out").mkdir()
    channels = {f"SM_CHANNEL_{name.upper()}": str(folder / name) for name in ("validation", "model", "current")}
    return {**channels, "SM_OUTPUT_DATA_DIR": str(folder / "out")}
