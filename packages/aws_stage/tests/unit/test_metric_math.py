"""CloudWatch metric math."""

from __future__ import annotations

import pytest
from aws_stage.engines.cloudwatch.metric_math import ExpressionError, Value, evaluate, identifiers

READ = {0: 100.0, 60: 0.0, 120: 50.0}
BAD = {0: 5.0, 60: 0.0, 180: 9.0}


def _value(expression: str) -> Value:
    return evaluate(expression, {"read": READ, "bad": BAD}, range(0, 240, 60))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("read", READ),
        ("read * 2 + 1", {0: 201.0, 60: 1.0, 120: 101.0}),
        ("2 + 3 * 4 ^ 2 / 8 - 1", 7.0),
        ("-(2 - 5) * -1", -3.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("read - bad", {0: 95.0, 60: 0.0}),
        ("bad / read", {0: 0.05}),
        ("read > 0", {0: 1.0, 60: 0.0, 120: 1.0}),
        ("read > 0 AND bad >= 5", {0: 1.0, 60: 0.0}),
        ("read == 0 || bad == 5", {0: 1.0, 60: 1.0}),
        ("IF(read > 0, 100 * bad / read, 0)", {0: 5.0, 60: 0.0}),
        ("IF(read > 60, 1)", {0: 1.0}),
        ("IF(1, read, bad)", READ),
        ("FILL(read, 0)", {**READ, 180: 0.0}),
        ("FILL(bad, -1) + FILL(read, 0)", {0: 105.0, 60: 0.0, 120: 49.0, 180: 9.0}),
        ("SUM([read, bad])", {0: 105.0, 60: 0.0, 120: 50.0, 180: 9.0}),
        ("AVG(METRICS())", {0: 52.5, 60: 0.0, 120: 50.0, 180: 9.0}),
        ('MAX(METRICS("ea"))', READ),
        ("SUM(read)", 150.0),
        ("MAX(read) - MIN(bad)", 100.0),
        ("CEIL(read / 60) + FLOOR(1.9) + ABS(-1)", {0: 4.0, 60: 2.0, 120: 3.0}),
    ],
)
def test_an_expression_means_what_cloudwatch_makes_of_it(expression: str, value: Value) -> None:
    assert _value(expression) == value


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("read +", "ends too soon"),
        ("read read", "goes on after its end"),
        ("other * 2", "no query with that id"),
        ("ANOMALY_DETECTION_BAND(read)", "does not do the function ANOMALY_DETECTION_BAND"),
        ("SUM(SEARCH('{AWS/Kinesis}', 'Sum'))", "does not do the function SEARCH"),
        ("read + 'text'", "where a value should be"),
        ("read # 2", "not understood"),
        ("(read", "ends too soon"),
        ("1 / 0", "divides by zero"),
        ("IF(read)", "does not take these 1 arguments"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(expression: str, part: str) -> None:
    with pytest.raises(ExpressionError, match=part.replace("(", r"\(")):
        _value(expression)


def test_the_queries_that_an_expression_needs_are_known() -> None:
    assert identifiers("IF(read > 0, 100 * quarantined / read, 0) AND MAX(m1)") == {"read", "quarantined", "m1"}
