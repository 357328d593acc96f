"""What an XGBoost endpoint takes and answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import Hosting, booster, xgboost_archive
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

ROWS = [[1.5, 2.0, 0.5], [-1.0, -2.0, -0.25], [0.1, 0.0, -0.2]]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS)


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    return hosting.serve(xgboost_archive())


@pytest.fixture(scope="module")
def expected() -> list[float]:
    """What XGBoost itself says of ROWS."""
    import xgboost

    model = xgboost.Booster(model_file=bytearray(booster()))
    scores: list[float] = model.predict(xgboost.DMatrix(np.array(ROWS, dtype=np.float32))).tolist()
    return scores


def test_csv_rows_are_scored_one_line_a_row(hosting: Hosting, endpoint: str, expected: list[float]) -> None:
    assert hosting.invoke(endpoint, CSV) == "".join(f"{score}\n" for score in expected)


def test_scores_are_written_as_predictions_where_json_is_accepted(
    hosting: Hosting, endpoint: str, expected: list[float]
) -> None:
    answer = hosting.invoke(endpoint, CSV, "text/csv", Accept="application/json")
    assert json.loads(answer) == {"predictions": [{"score": score} for score in expected]}


@pytest.mark.parametrize("content_type", ["application/json", "application/jsonlines"])
def test_json_is_refused_as_awss_container_does(hosting: Hosting, endpoint: str, content_type: str) -> None:
    with pytest.raises(ClientError, match=rf"client error \(415\).*Content-type {content_type} not supported"):
        hosting.invoke(endpoint, json.dumps({"instances": [{"features": ROWS[0]}]}), content_type)
