"""Training jobs of the built-in XGBoost, from S3 to an artifact that an endpoint serves."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import ROLE, XGBOOST, Hosting
from aws_stage.testing.training import BUCKET, Training, channel, rows
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

SETTINGS = {"num_round": "5", "max_depth": "3", "objective": "reg:squarederror", "nthread": "1"}


@pytest.fixture(scope="module")
def training(stage: RunningStage) -> Training:
    return Training(stage)


def completed(training: Training, request: dict[str, Any]) -> dict[str, Any]:
    description = training.run(request)
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    return description


def reason(training: Training, hyperparameters: dict[str, str], **channels: str) -> str:
    """The FailureReason of a job that fails."""
    description = training.run(training.request(hyperparameters, **channels))
    assert description["TrainingJobStatus"] == description["SecondaryStatus"] == "Failed"
    why: str = description["FailureReason"]
    return why


def test_a_job_leaves_a_model_that_an_endpoint_serves(training: Training, stage: RunningStage) -> None:
    train, validation = training.put({"a.csv": rows(400)}), training.put({"b.csv": rows(100, seed=8)})
    settings = {**SETTINGS, "num_round": "60"}
    description = completed(training, training.request(settings, train=train, validation=validation))
    artifact = description["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifact == f"s3://{BUCKET}/models/{description['TrainingJobName']}/output/model.tar.gz"
    assert list(training.artifact(description)) == ["xgboost-model"]
    with Hosting(stage) as hosting:
        model = f"of-{description['TrainingJobName']}"
        hosting.sagemaker.create_model(
            ModelName=model, PrimaryContainer={"Image": XGBOOST, "ModelDataUrl": artifact}, ExecutionRoleArn=ROLE
        )
        answer = float(hosting.invoke(hosting.endpoint(hosting.config({"ModelName": model})), "0.5,0.5,0.5"))
    assert answer == pytest.approx(1.5, abs=0.7)


def test_states_metrics_and_log_are_those_of_aws(training: Training) -> None:
    train, validation = training.put({"a.csv": rows()}), training.put({"b.csv": rows(50, seed=8)})
    description = completed(training, training.request(SETTINGS, train=train, validation=validation))
    transitions = description["SecondaryStatusTransitions"]
    assert [each["Status"] for each in transitions] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(each["EndTime"] >= each["StartTime"] for each in transitions)
    assert description["CreationTime"] <= description["TrainingStartTime"] <= description["TrainingEndTime"]
    assert description["BillableTimeInSeconds"] >= 1
    lines = [line for line in training.log(description["TrainingJobName"]) if line.startswith("[")]
    rounds = [line for line in lines if "#011train-rmse:" in line]
    assert [line.partition("#")[0] for line in rounds] == ["[0]", "[1]", "[2]", "[3]", "[4]"]
    last = rounds[-1].split("#011")
    metrics = {each["MetricName"]: each["Value"] for each in description["FinalMetricDataList"]}
    assert metrics == {
        "train:rmse": pytest.approx(float(last[1].partition(":")[2])),
        "validation:rmse": pytest.approx(float(last[2].partition(":")[2])),
    }


def test_the_same_data_on_one_thread_give_the_same_bytes(training: Training) -> None:
    train = training.put({f"part-{part}.csv": rows(50, seed=part) for part in range(5)})
    first, second = (completed(training, training.request(SETTINGS, train=train)) for _ in range(2))
    archives = [training.read(each["ModelArtifacts"]["S3ModelArtifacts"]) for each in (first, second)]
    assert archives[0] == archives[1]


def test_what_no_content_type_describes_is_libsvm(training: Training) -> None:
    libsvm = "".join(f"{index % 2} 0:{index} 2:{-index}\n" for index in range(50))
    request = training.request({**SETTINGS, "objective": "binary:logistic"}, train=training.put({"a": libsvm}))
    del request["InputDataConfig"][0]["ContentType"]
    assert "FailureReason" not in completed(training, request)
    csv = training.request(SETTINGS, train=training.put({"a": rows()}))
    del csv["InputDataConfig"][0]["ContentType"]
    assert "is not 'LIBSVM' format" in training.run(csv)["FailureReason"]


def test_parquet_is_read_and_text_in_it_fails(training: Training) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def table(**columns: list[Any]) -> str:
        packed = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), packed)
        return training.put({"a.parquet": packed.getvalue()})

    numbers = np.arange(40.0).tolist()
    request = training.request(SETTINGS, train=table(y=numbers, x=numbers))
    request["InputDataConfig"][0]["ContentType"] = "application/x-parquet"
    assert "FailureReason" not in completed(training, request)
    request = training.request(SETTINGS, train=table(y=numbers, x=[str(number) + "a" for number in numbers]))
    request["InputDataConfig"][0]["ContentType"] = "parquet"
    assert "Failed to load parquet data with exception" in training.run(request)["FailureReason"]


def test_files_that_begin_with_an_underscore_are_no_data_and_hidden_ones_fail(training: Training) -> None:
    data = training.put({"a.csv": rows(30), "_SUCCESS": "", "_log": "not,data,at,all\n", "x/y/b.csv": rows(20)})
    request = training.request(SETTINGS, train=data)
    completed(training, request)
    assert any("Train matrix has 50 rows" in line for line in training.log(request["TrainingJobName"]))
    hidden = training.put({"a.csv": rows(), ".hidden": "1,2,3,4\n"})
    why = reason(training, SETTINGS, train=hidden)
    assert why == "AlgorithmError: Hidden file found in the data path! Remove that before training., exit code: 1"


def test_hyperparameters_are_checked(training: Training) -> None:
    train = training.put({"a.csv": rows(20)})
    for settings, why in (
        ({"max_depth": "3"}, "Missing required hyperparameter: num_round"),
        ({**SETTINGS, "trees": "3"}, "Extraneous hyperparameter found: trees"),
        ({**SETTINGS, "eta": "1.5"}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
    ):
        assert reason(training, settings, train=train) == f"AlgorithmError: {why}, exit code: 1"


def test_early_stopping_keeps_the_best_round(training: Training) -> None:
    noise = training.put({"a.csv": "".join(f"{(index * 7919) % 13},{index % 5}\n" for index in range(60))})
    other = training.put({"a.csv": "".join(f"{(index * 104729) % 11},{index % 5}\n" for index in range(60))})
    settings = {**SETTINGS, "num_round": "500", "early_stopping_rounds": "3", "eta": "1"}
    request = training.request(settings, train=noise, validation=other)
    completed(training, request)
    assert len([line for line in training.log(request["TrainingJobName"]) if "#011train-rmse" in line]) < 400


def test_the_weight_column_changes_the_model(training: Training) -> None:
    weighted = training.put(
        {"a.csv": "".join(f"{index % 2},{1 + 8 * (index % 2)},{index % 3}\n" for index in range(60))}
    )
    one_round = {"num_round": "1", "nthread": "1", "csv_weights": "1"}
    models = [
        training.artifact(completed(training, training.request({**one_round, "csv_weights": weights}, train=weighted)))
        for weights in ("1", "0")
    ]
    assert models[0] != models[1]


def test_a_job_without_objects_is_refused(training: Training) -> None:
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        training.sagemaker.create_training_job(**training.request(SETTINGS, train=f"s3://{BUCKET}/nothing-here/"))
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        training.sagemaker.create_training_job(**training.request(SETTINGS, train="s3://no-such-bucket-here/x"))


def test_a_manifest_names_the_objects(training: Training) -> None:
    data = training.put({"a.csv": rows(30), "b.csv": rows(20), "c.csv": "not,data,at,all\n"})
    manifest = training.put({"m.json": f'[{{"prefix": "{data}"}}, "a.csv", "b.csv"]'})
    request = training.request(SETTINGS, train=f"{manifest}m.json")
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    completed(training, request)
    assert any("Train matrix has 50 rows" in line for line in training.log(request["TrainingJobName"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (
            "ServerlessJobConfig",
            {"JobType": "FineTuning", "BaseModelArn": f"arn:aws:sagemaker:x:{'0' * 12}:hub-content/a"},
        ),
        ("MlflowConfig", {"MlflowResourceArn": f"arn:aws:sagemaker:eu-west-1:{'0' * 12}:mlflow-app/a"}),
        ("ModelPackageConfig", {"ModelPackageGroupArn": f"arn:aws:sagemaker:x:{'0' * 12}:model-package-group/a"}),
        ("DebugRuleConfigurations", [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}]),
        ("ExperimentConfig", {"ExperimentName": "e"}),
        ("CheckpointConfig", {"S3Uri": "s3://bucket/x"}),
    ],
)
def test_what_is_not_done_is_refused_by_name(training: Training, field: str, value: Any) -> None:
    request = {**training.request(SETTINGS, train=training.put({"a.csv": rows(5)})), field: value}
    with pytest.raises(ClientError, match="ValidationException") as caught:
        training.sagemaker.create_training_job(**request)
    assert field in caught.value.response["Error"]["Message"] or field[0].lower() + field[1:] in str(caught.value)


def test_what_changes_nothing_here_is_accepted_and_shown(training: Training) -> None:
    more = {
        "DebugHookConfig": {"S3OutputPath": f"s3://{BUCKET}/debug", "CollectionConfigurations": []},
        "ProfilerConfig": {"S3OutputPath": f"s3://{BUCKET}/profile", "DisableProfiler": False},
        "EnableManagedSpotTraining": True,
        "Tags": [{"Key": "STACK", "Value": "s"}],
    }
    request = {**training.request(SETTINGS, train=training.put({"a.csv": rows(20)})), **more}
    description = completed(training, request)
    assert description["DebugHookConfig"]["S3OutputPath"] == f"s3://{BUCKET}/debug"
    assert description["EnableManagedSpotTraining"] is True
    tags = training.sagemaker.list_tags(ResourceArn=description["TrainingJobArn"])["Tags"]
    assert tags == more["Tags"]


def test_jobs_are_listed_and_their_names_are_unique(training: Training) -> None:
    request = training.request(SETTINGS, train=training.put({"a.csv": rows(20)}))
    completed(training, request)
    with pytest.raises(ClientError, match=r"ResourceInUse.*must be unique"):
        training.sagemaker.create_training_job(**request)
    [found] = training.sagemaker.list_training_jobs(NameContains=request["TrainingJobName"])["TrainingJobSummaries"]
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Completed", "Completed")
    listed = training.sagemaker.list_training_jobs(StatusEquals="Failed", NameContains=request["TrainingJobName"])
    assert listed["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found"):
        training.describe("nobody")


def test_a_job_is_found_by_what_it_left(training: Training) -> None:
    request = {
        **training.request(SETTINGS, train=training.put({"a.csv": rows(20)})),
        "Tags": [{"Key": "STACK", "Value": "searched"}],
    }
    description = completed(training, request)

    def found(*filters: dict[str, str], **more: Any) -> list[str]:
        answer = training.sagemaker.search(Resource="TrainingJob", SearchExpression={"Filters": [*filters], **more})
        return [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]]

    name, address = description["TrainingJobName"], description["ModelArtifacts"]["S3ModelArtifacts"]
    by_model = {"Name": "ModelArtifacts.S3ModelArtifacts", "Operator": "Equals", "Value": address}
    assert found(by_model) == [name]
    assert found({"Name": "Tags.STACK", "Operator": "Equals", "Value": "searched"}) == [name]
    assert found(by_model, {"Name": "TrainingJobStatus", "Operator": "Equals", "Value": "Failed"}) == []
    other = {"Name": "TrainingJobName", "Operator": "Equals", "Value": "nobody"}
    assert found(by_model, other, Operator="Or") == [name]
    assert found(by_model, {"Name": "FailureReason", "Operator": "NotExists"}) == [name]
    with pytest.raises(ClientError, match="Search for Experiment is not supported"):
        training.sagemaker.search(Resource="Experiment")


def test_a_channel_may_name_one_object(training: Training) -> None:
    data = training.put({"a.csv": rows(30), "b.csv": rows(20)})
    request = training.request(SETTINGS)
    request["InputDataConfig"] = [channel("train", f"{data}b.csv", "csv")]
    completed(training, request)
    assert any("Train matrix has 20 rows" in line for line in training.log(request["TrainingJobName"]))
