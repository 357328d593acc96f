"""The built-in XGBoost server, without the server."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xgboost
from aws_stage.engines.sagemaker.serving.model import Answer, ModelUnusableError, Request, RequestRefusedError
from aws_stage.engines.sagemaker.serving.xgboost_model import XGBoostModel
from aws_stage.testing.models import booster


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "xgboost-model").write_bytes(booster())
    return tmp_path


def invoke(folder: Path, body: str, content_type: str = "text/csv", accept: str = "") -> Answer:
    return XGBoostModel.load(folder).invoke(Request(body.encode(), content_type, accept))


def test_a_score_a_row_comes_back_in_the_type_that_was_asked_for(folder: Path) -> None:
    csv = invoke(folder, "1,2,3\n-1,-2,-3")
    scores = [float(line) for line in csv.body.decode().splitlines()]
    assert (csv.status, csv.content_type, len(scores)) == (200, "text/csv", 2)
    assert scores[0] > 0.5 > scores[1]
    as_json = invoke(folder, "1,2,3\n-1,-2,-3", accept="application/json")
    assert json.loads(as_json.body) == {"predictions": [{"score": score} for score in scores]}
    lines = invoke(folder, "1,2,3\n-1,-2,-3", accept="application/jsonlines").body.decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"score": score} for score in scores]


@pytest.mark.parametrize("accept", ["", "*/*", "text/*", "image/png, text/csv;q=0.5"])
def test_csv_is_the_answer_where_nothing_else_is_wanted(folder: Path, accept: str) -> None:
    assert invoke(folder, "1,2,3", accept=accept).content_type == "text/csv"


def test_an_answer_that_cannot_be_given_is_not_acceptable(folder: Path) -> None:
    with pytest.raises(RequestRefusedError, match="Accept type image/png is not supported") as refused:
        invoke(folder, "1,2,3", accept="image/png")
    assert refused.value.status == 406


def test_a_model_of_several_classes_answers_a_vector_a_row(tmp_path: Path) -> None:
    (tmp_path / "xgboost-model").write_bytes(booster("multi:softprob"))
    [line] = invoke(tmp_path, "1,2,3").body.decode().splitlines()
    scores = [float(score) for score in line.split(",")]
    assert sum(scores) == pytest.approx(1)
    answer = invoke(tmp_path, "1,2,3", accept="application/json")
    assert json.loads(answer.body) == {"predictions": [{"score": scores}]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("1,2", "text/csv"), ("1,2,3,4", "text/csv"), ("1 3:1", "text/libsvm")],
)
def test_another_number_of_columns_is_a_bad_request(folder: Path, body: str, content_type: str) -> None:
    with pytest.raises(RequestRefusedError, match="Unable to evaluate payload provided") as refused:
        invoke(folder, body, content_type)
    assert refused.value.status == 400


def test_libsvm_may_leave_the_last_columns_out(folder: Path) -> None:
    assert invoke(folder, "1 0:2", "text/libsvm").body == invoke(folder, "2,,").body


def test_an_empty_body_has_an_empty_answer(folder: Path) -> None:
    assert invoke(folder, "") == Answer(b"", "text/csv", 204)


def test_a_model_may_be_json_and_have_any_name(tmp_path: Path) -> None:
    xgboost.Booster(model_file=bytearray(booster())).save_model(tmp_path / "model.json")
    assert invoke(tmp_path, "1,2,3").status == 200


def test_a_pickle_is_refused_without_being_loaded(tmp_path: Path) -> None:
    (tmp_path / "xgboost-model").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelUnusableError, match=r"is a pickle.*Booster\.save_model"):
        XGBoostModel.load(tmp_path)


def test_a_file_that_is_no_booster_is_named(tmp_path: Path) -> None:
    (tmp_path / "xgboost-model").write_bytes(b"not a booster")
    with pytest.raises(ModelUnusableError, match="xgboost-model is not a booster"):
        XGBoostModel.load(tmp_path)


def test_several_threads_get_the_same_scores_as_one(folder: Path) -> None:
    model = XGBoostModel.load(folder)
    request = Request("\n".join(f"{n / 50},{-n / 70},0.1" for n in range(-100, 100)).encode(), "text/csv", "")
    expected = model.invoke(request).body
    with ThreadPoolExecutor(8) as pool:
        assert {answer.body for answer in pool.map(model.invoke, [request] * 64)} == {expected}
