"""How good the fare model is on a file of trips: errors against a linear fit, and what its rule finds of wrong fares.

    python -m benchmarks.taxi_model --csv FILE

FILE is a CSV of TLC's, or one with the columns pickup, dropoff, passengers, distance, fare, pickup_zone, dropoff_zone
(zones by name), as collections of examples have it. Trips are split by time: the first 70 % train, on the others the
model and the rules are judged. Files may be small, so a rule is found on the trips of training, each predicted by a
model that was trained without it; the training pipeline has enough later trips to find it on half of those.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from datastreamer.taxi.evaluation.injected import FARES, injected
from datastreamer.taxi.evaluation.measures import errors
from datastreamer.taxi.evaluation.rows import Model, Numbers, Rows
from datastreamer.taxi.evaluation.rule import Rule, find_rule
from datastreamer.taxi.training.features import FEATURES
from datastreamer.taxi.training.selection import Bounds

NAMES = tuple(feature.name for feature in FEATURES)
TRAINED_SHARE = 0.7
ROUNDS = 200
PARAMETERS = {"objective": "reg:squarederror", "max_depth": 3, "eta": 0.1, "subsample": 0.8, "seed": 1, "nthread": 1}
"""Shallower trees than the pipeline's: for thousands of trips and not millions."""
FOLDS = 8
ALARM_SHARE = 0.002
SHOWN = ("fare_doubled", "fare_and_a_half", "fare_halved")
_OTHERS = {
    "tpep_pickup_datetime": "pickup",
    "tpep_dropoff_datetime": "dropoff",
    "passenger_count": "passengers",
    "trip_distance": "distance",
    "fare_amount": "fare",
    "pulocationid": "pickup_zone",
    "dolocationid": "dropoff_zone",
}


class Linear(Model):
    """Ordinary least squares of the fare on distance and minutes."""

    def __init__(self, rows: Rows) -> None:
        self._weights = np.linalg.lstsq(_design(rows.features), rows.labels, rcond=None)[0]

    def predict(self, features: Numbers) -> Numbers:
        return np.asarray(_design(features) @ self._weights)


def _design(features: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(features)), features[:, 0], features[:, 1]])


def read(path: Path) -> Rows:
    """The trips within the bounds of training sets, in the order in which they ended."""
    bounds, zones = Bounds(), dict[str, int]()
    found = []
    for row in _lines(path):
        begin, end = datetime.fromisoformat(row["pickup"]), datetime.fromisoformat(row["dropoff"])
        fare, miles = float(row["fare"]), float(row["distance"])
        good = bounds.fare[0] <= fare <= bounds.fare[1] and bounds.distance[0] <= miles <= bounds.distance[1]
        if not good or end <= begin or row.get("ratecodeid", "") in ("5", "5.0"):
            continue
        places = [_zone(row[name], zones) for name in ("pickup_zone", "dropoff_zone")]
        passengers = float(row["passengers"] or "nan")
        minutes = (end - begin).total_seconds() / 60
        found.append((end, fare, [miles, minutes, begin.hour, begin.isoweekday(), *places, passengers]))
    found.sort(key=lambda each: each[0])
    return Rows(np.array([each[1] for each in found]), np.array([each[2] for each in found], dtype=np.float64), NAMES)


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {_OTHERS.get(name.lower(), name.lower()): text for name, text in row.items()}


def _zone(text: str, known: dict[str, int]) -> float:
    """TLC's number; a name gets one above all of TLC's."""
    if not text:
        return float("nan")
    return float(text) if text.replace(".", "").isdecimal() else float(known.setdefault(text, 1_000 + len(known)))


def per_mile(rows: Rows) -> tuple[float, float]:
    """Bounds of the fare per mile that 999 of 1,000 trips keep."""
    rates = rows.labels / rows.features[:, 0]
    return float(np.quantile(rates, 0.0005)), float(np.quantile(rates, 0.9995))


def main() -> None:
    """Print the figures, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, required=True)
    rows = read(parser.parse_args().csv)
    cut = round(len(rows.labels) * TRAINED_SHARE)
    training = Rows(rows.labels[:cut], rows.features[:cut], NAMES)
    held = Rows(rows.labels[cut:], rows.features[cut:], NAMES)
    model, linear = _trained(training), Linear(training)
    print(f"{len(rows.labels):,} trips: {cut:,} to train, {len(held.labels):,} later ones to judge")
    for name, each in (("model", model), ("linear", linear)):
        figures = errors(held.labels, each.predict(held.features))
        print(f"{name:<28} RMSE {figures['rmse']:.2f}  MAE {figures['mae']:.2f}  p99 {figures['p99']:.2f} dollars")
    rule = find_rule(training.labels, _left_out(training, _trained), ALARM_SHARE)
    ruled = find_rule(training.labels, _left_out(training, Linear), ALARM_SHARE)
    print(f"the rule: {rule.floor:.2f} + {rule.factor:.3f} x predicted dollars")
    rules: list[tuple[str, Any]] = [
        ("model, its rule", _marks(model, rule)),
        ("model, 10 dollars", _marks(model, Rule(10.0, 0.0))),
        ("linear, its rule", _marks(linear, ruled)),
        ("fixed fare per mile", _rates(per_mile(training))),
    ]
    for name, marks in rules:
        found = {kind: float(marks(injected(held, kind)).mean()) for kind in FARES}
        false = 1_000 * float(marks(held).mean())
        shares = "  ".join(f"{kind} {found[kind]:.0%}" for kind in SHOWN)
        mean = sum(found.values()) / len(found)
        print(f"{name:<28} {shares}  all eight {mean:.0%}  false alarms {false:.1f} per 1,000")


def _trained(rows: Rows) -> Model:
    return Model(xgboost.train(PARAMETERS, xgboost.DMatrix(rows.features, rows.labels), ROUNDS))


def _left_out(rows: Rows, train: Callable[[Rows], Model]) -> Numbers:
    """What models say of each trip that were trained without it."""
    predicted = np.empty_like(rows.labels)
    folds = np.arange(len(predicted)) % FOLDS
    for fold in range(FOLDS):
        out = folds == fold
        predicted[out] = train(Rows(rows.labels[~out], rows.features[~out], NAMES)).predict(rows.features[out])
    return predicted


def _marks(model: Model, rule: Rule) -> Any:
    return lambda rows: rule.outliers(rows.labels, model.predict(rows.features))


def _rates(bounds: tuple[float, float]) -> Any:
    def marks(rows: Rows) -> Any:
        rates = rows.labels / np.maximum(rows.features[:, 0], 1e-9)
        return (rates < bounds[0]) | (rates > bounds[1])

    return marks


if __name__ == "__main__":
    main()
