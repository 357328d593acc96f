"""Archives that bring their own code, on each framework."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import PYTORCH, SCIKIT_LEARN, SCRIPT, XGBOOST, Hosting, archive, booster
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


LOADS_PICKLE = """
import os, pickle
def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)
"""


def linear_regression() -> bytes:
    """y = 2 a + b."""
    from sklearn.linear_model import LinearRegression

    rows = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    return pickle.dumps(LinearRegression().fit(rows, rows @ [2.0, 1.0]))


def test_scikit_learns_own_functions_stand_in_for_those_that_are_missing(hosting: Hosting) -> None:
    endpoint = hosting.serve(
        archive({"code/inference.py": LOADS_PICKLE, "model.pkl": linear_regression()}), SCIKIT_LEARN
    )
    assert json.loads(hosting.invoke(endpoint, "[[1, 1], [2, 0]]", "application/json")) == pytest.approx([3, 4])
    lines = hosting.invoke(endpoint, "1,1\n2,0\n", "text/csv", Accept="text/csv").splitlines()
    assert [float(line) for line in lines] == pytest.approx([3, 4])
    packed = io.BytesIO()
    np.save(packed, np.array([[1.0, 1.0]]))
    assert json.loads(hosting.invoke(endpoint, packed.getvalue(), "application/x-npy")) == pytest.approx([3])
    with pytest.raises(ClientError, match=r"client error \(415\)"):
        hosting.invoke(endpoint, "x", "text/html")
    with pytest.raises(ClientError, match=r"client error \(415\)"):
        hosting.invoke(endpoint, "[[1, 1]]", "application/json", Accept="text/html")


def test_each_function_of_a_script_is_used(hosting: Hosting) -> None:
    code = """
import json, os
def model_fn(model_dir):
    return os.path.basename(model_dir), os.environ["SM_MODEL_DIR"] == model_dir, os.environ["OFFSET"]
def input_fn(body, content_type): return [float(x) for x in body.split(";")]
def predict_fn(data, model, context):
    return [x + float(model[2]) for x in data], model, sorted(context.system_properties)
def output_fn(prediction, accept): return json.dumps(prediction), "application/x-mine"
"""
    model = hosting.model(archive({"code/inference.py": code}), SCIKIT_LEARN, {**SCRIPT, "OFFSET": "10"})
    endpoint = hosting.endpoint(hosting.config({"ModelName": model}))
    answer = hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"1;2", ContentType="text/csv")
    assert answer["ContentType"] == "application/x-mine"
    assert json.loads(answer["Body"].read()) == [[11.0, 12.0], ["model", True, "10"], ["gpu_id", "model_dir"]]


def test_a_script_has_the_modules_beside_it_and_none_of_the_project(hosting: Hosting) -> None:
    code = """
import importlib.util, json
import beside
def model_fn(model_dir): return [beside.VALUE, importlib.util.find_spec("trino_on_duckdb") is None]
def transform_fn(model, body, content_type, accept): return json.dumps(model), accept
"""
    endpoint = hosting.serve(archive({"code/inference.py": code, "code/beside.py": "VALUE = 'beside'"}), SCIKIT_LEARN)
    assert json.loads(hosting.invoke(endpoint, "1")) == ["beside", True]


def test_a_program_of_another_name_is_run_when_the_environment_names_it(hosting: Hosting) -> None:
    code = "def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return 'mine', a\n"
    model = hosting.model(archive({"code/mine.py": code}), SCIKIT_LEARN, {**SCRIPT, "SAGEMAKER_PROGRAM": "mine.py"})
    assert hosting.invoke(hosting.endpoint(hosting.config({"ModelName": model})), "1") == "mine"


def test_xgboost_runs_a_script_where_one_is_named(hosting: Hosting) -> None:
    code = """
import os, xgboost
def model_fn(model_dir): return xgboost.Booster(model_file=os.path.join(model_dir, "xgboost-model"))
def output_fn(prediction, accept): return ";".join("high" if score > 0.5 else "low" for score in prediction), accept
"""
    endpoint = hosting.serve(archive({"code/inference.py": code, "xgboost-model": booster()}), XGBOOST)
    assert hosting.invoke(endpoint, "3,3,3\n-3,-3,-3") == "high;low"


def test_xgboost_serves_its_booster_where_no_script_is_named(hosting: Hosting) -> None:
    artifact = archive({"code/inference.py": "raise RuntimeError", "xgboost-model": booster()})
    assert float(hosting.invoke(hosting.serve(artifact, XGBOOST, {}), "3,3,3")) > 0.5


def test_a_container_is_told_nothing_that_sagemaker_does_not_tell(hosting: Hosting) -> None:
    code = """
import json, os
def model_fn(model_dir): return 1
def transform_fn(model, body, content_type, accept):
    return json.dumps(sorted(name for name in os.environ if name.startswith("SAGEMAKER_"))), accept
"""
    endpoint = hosting.serve(archive({"code/inference.py": code, "code/torch.py": TORCH}), PYTORCH, {})
    assert json.loads(hosting.invoke(endpoint, "1")) == []


TORCH = """
from contextlib import nullcontext as no_grad
class Tensor(list):
    pass
def from_numpy(array): return Tensor(array.tolist())
"""


def test_pytorch_runs_a_script_where_torch_can_be_imported(hosting: Hosting) -> None:
    code = """
class Model:
    def eval(self): pass
    def __call__(self, rows): return [sum(row) for row in rows]
def model_fn(model_dir): return Model()
"""
    endpoint = hosting.serve(archive({"code/inference.py": code, "code/torch.py": TORCH}), PYTORCH)
    assert json.loads(hosting.invoke(endpoint, "[[1, 2], [3, 4]]", "application/json")) == [3.0, 7.0]


@pytest.mark.parametrize(
    ("files", "environment", "reason"),
    [
        ({"model.pkl": "x"}, SCRIPT, "no code/inference.py"),
        (
            {"code/inference.py": "def model_fn(d): return 1"},
            {},
            "runs the script that SAGEMAKER_PROGRAM names, and nothing names one: set SAGEMAKER_PROGRAM=inference.py",
        ),
        (
            {"code/inference.py": "def model_fn(d): return 1"},
            {"SAGEMAKER_PROGRAM": "inference.py"},
            "has no /opt/ml/code: set SAGEMAKER_PROGRAM=inference.py and SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code",
        ),
        ({"code/inference.py": "x = 1"}, SCRIPT, "NotImplementedError: inference.py must have a model_fn"),
        ({"code/inference.py": "import nothing_like_this"}, SCRIPT, "No module named 'nothing_like_this'"),
        (
            {"code/inference.py": "def transform_fn(m, b, c, a): pass\ndef input_fn(b, c): pass"},
            SCRIPT,
            "transform_fn cannot be used together with",
        ),
        (
            {"code/inference.py": "", "code/requirements.txt": "# what it needs\nnumpy\nno-such-package==1.0\n"},
            SCRIPT,
            "nothing: no-such-package==1.0",
        ),
        (
            {"code/inference.py": ""},
            {**SCRIPT, "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/source.tar.gz"},
            "put the code into model.tar.gz",
        ),
    ],
)
def test_an_archive_that_cannot_be_run_fails_the_endpoint_and_says_why(
    hosting: Hosting, files: dict[str, str], environment: dict[str, str], reason: str
) -> None:
    model = hosting.model(archive(files), SCIKIT_LEARN, environment)
    description = hosting.settled(hosting.begin(hosting.config({"ModelName": model})))
    assert description["EndpointStatus"] == "Failed"
    assert reason in description["FailureReason"]
