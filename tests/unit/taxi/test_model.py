"""How a model is recognized by its answers, and when a fare is an outlier by its rule."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.model.fingerprint import PROBES, same, unregistered
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.training.features import FEATURES

RULE = Thresholds("7", 1.5, 0.25, "abcd", (9.25, 52.0, 4.125, 17.5), "arn:aws:sagemaker:eu-west-1:1:model-package/g/7")


def test_a_probe_has_every_feature() -> None:
    assert {len(probe) for probe in PROBES} == {len(FEATURES)}


def test_single_precision_does_not_make_another_model() -> None:
    assert same((9.25, 52.0), (9.250001, 51.99999))
    assert not same((9.25, 52.0), (9.26, 52.0))
    assert not same((9.25, 52.0), (9.25,))
    assert not same((9.25, math.nan), (9.25, math.nan))


def test_an_unregistered_model_has_one_name_however_exact_its_answer() -> None:
    assert unregistered((9.25, 52.0)) == unregistered((9.2500001, 52.0)) != unregistered((9.3, 52.0))


@pytest.mark.parametrize(("predicted", "limit"), [(10.0, 4.0), (0.0, 1.5), (-8.0, 1.5)])
def test_the_limit_grows_with_the_fare_and_never_falls_below_the_floor(predicted: float, limit: float) -> None:
    assert RULE.limit(predicted) == limit


def test_an_item_of_the_table_gives_the_rule_back() -> None:
    item = RULE.item()
    assert item["model_version"] == "7"
    assert item["floor"] == Decimal("1.5")
    assert Thresholds.of(item) == RULE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"floor": "NaN"}, "floor of model version 7 is nan"),
        ({"factor": Decimal(-1)}, "factor of model version 7 is -1.0"),
        ({"floor": 0, "factor": 0}, "both 0"),
        ({"floor": "ten"}, "thresholds of model version 7 cannot be read"),
        ({"fingerprint": None}, "thresholds of model version 7 cannot be read"),
        ({"floor": ...}, "thresholds of model version 7 have no 'floor'"),
    ],
)
def test_an_item_that_somebody_spoiled_says_what_is_wrong(change: dict[str, object], said: str) -> None:
    item = {name: value for name, value in (RULE.item() | change).items() if value is not ...}
    with pytest.raises(ConfigurationError, match=said):
        Thresholds.of(item)
