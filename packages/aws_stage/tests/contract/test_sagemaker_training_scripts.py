"""Training jobs that bring a program of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import SCIKIT_LEARN
from aws_stage.testing.training import Training, rows

pytestmark = pytest.mark.stage

REPORTS = """
import argparse, json, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--name")
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
arguments = parser.parse_args()
with open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w") as file:
    json.dump({
        "depth": arguments.depth, "name": arguments.name, "files": sorted(os.listdir(arguments.train)),
        "hps": json.loads(os.environ["SM_HPS"]), "channels": json.loads(os.environ["SM_CHANNELS"]),
        "job": json.loads(os.environ["SM_TRAINING_ENV"])["job_name"], "own": os.environ["OWN"],
        "hidden": "aws_stage" in sys.modules or None,
    }, file)
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt"), "w") as file:
    file.write("fine")
print("loss=0.5;")
print("loss=0.25;")
"""


@pytest.fixture(scope="module")
def training(stage: RunningStage) -> Training:
    return Training(stage)


def script_request(training: Training, program: str, **hyperparameters: Any) -> dict[str, Any]:
    """A request for a job that runs ``program`` in scikit-learn's container, as SageMaker's Python SDK writes it."""
    given = {**training.source(program), **hyperparameters}
    encoded = {name: json.dumps(value) for name, value in given.items()}
    request = training.request(encoded, train=training.put({"a.csv": rows(10)}))
    request["AlgorithmSpecification"]["TrainingImage"] = SCIKIT_LEARN
    return request


def test_a_script_gets_its_arguments_channels_and_folders(training: Training) -> None:
    request = {**script_request(training, REPORTS, depth=3, name="a b"), "Environment": {"OWN": "yes"}}
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]
    description = training.run(request)
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    facts = json.loads(training.artifact(description)["facts.json"])
    assert facts["depth"] == 3
    assert facts["name"] == "a b"
    assert facts["files"] == ["a.csv"]
    assert facts["hps"] == {"depth": 3, "name": "a b"}
    assert facts["channels"] == ["train"]
    assert facts["job"] == request["TrainingJobName"]
    assert facts["own"] == "yes"
    assert training.artifact(description, "output.tar.gz") == {"report.txt": b"fine"}
    [metric] = description["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("loss", 0.25)


def test_the_exception_of_a_script_is_the_reason(training: Training) -> None:
    request = script_request(training, "def train():\n    raise ValueError('no such feature')\ntrain()", depth=3)
    why = training.run(request)["FailureReason"]
    assert why == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no such feature"\n'
        'Command "python3 train.py --depth 3", exit code: 1'
    )
    log = training.log(request["TrainingJobName"])
    assert any("in train" in line for line in log)


def test_a_process_that_is_killed_says_so(training: Training) -> None:
    why = training.run(script_request(training, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert why["FailureReason"].endswith("exit code: 137")


def test_what_is_not_installed_is_named(training: Training) -> None:
    request = training.request(
        training.source("print(1)", **{"requirements.txt": "no-such-package-anywhere>=2\n"}),
        train=training.put({"a.csv": rows(5)}),
    )
    assert "no-such-package-anywhere>=2" in training.run(request)["FailureReason"]


def test_an_archive_that_is_not_there_fails_the_job(training: Training) -> None:
    given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://sagemaker-training/nothing.tar.gz"}
    request = training.request(given, train=training.put({"a.csv": rows(5)}))
    assert "s3://sagemaker-training/nothing.tar.gz cannot be read" in training.run(request)["FailureReason"]
