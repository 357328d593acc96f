"""What people do with SageMaker's Python SDK 2, run by the SDK's own venv: ``sdk2.py <bucket> <folder>``.

``folder`` holds train.csv and validation.csv, label first, and gets ``done.txt``, a line for each step: the SDK
itself writes to standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import TrainingStep

ROLE = "arn:aws:iam::000000000000:role/model"
NAME = f"sdk2-{uuid4().hex[:8]}"


def estimator(session: Any, bucket: str, rounds: Any = 20) -> Estimator:
    """The built-in XGBoost, on one instance."""
    image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "3.0-5")
    made = Estimator(
        image_uri=image,
        role=ROLE,
        instance_count=1,
        instance_type="ml.m5.large",
        output_path=f"s3://{bucket}/models",
        sagemaker_session=session,
        base_job_name=NAME,
    )
    made.set_hyperparameters(objective="reg:squarederror", num_round=rounds)
    return made


def channels(uploaded: dict[str, str]) -> dict[str, TrainingInput]:
    return {name: TrainingInput(uri, content_type="text/csv") for name, uri in uploaded.items()}


def main(bucket: str, folder: Path) -> None:
    def done(step: str) -> None:
        with (folder / "done.txt").open("a") as file:
            file.write(f"{step}\n")

    boto_session = boto3.Session()
    session = sagemaker.Session(boto_session, default_bucket=bucket)
    uploaded = {
        name: session.upload_data(str(folder / f"{name}.csv"), bucket, f"{NAME}/{name}")
        for name in ("train", "validation")
    }
    trained = estimator(session, bucket)
    trained.fit(channels(uploaded), logs="All")
    done(f"trained {trained.latest_training_job.name}")

    types = {"content_types": ["text/csv"], "response_types": ["text/csv"]}
    package = trained.register(model_package_group_name=NAME, approval_status="Approved", **types)
    done(f"registered {package.model_package_arn.rpartition(':')[2]}")

    predictor = package.deploy(1, "ml.m5.large", endpoint_name=NAME)
    client = sagemaker.Predictor(NAME, session, serializer=CSVSerializer())
    answer = client.predict([[0.1, 0.2, 0.3]]).decode().strip()
    done(f"predicted {float(answer):.3f}")
    del predictor
    client.delete_endpoint()
    done("deleted the endpoint")

    inside = PipelineSession(boto_session, default_bucket=bucket)
    rounds = ParameterInteger("Rounds", default_value=10)
    fitted = estimator(inside, bucket, rounds)
    train = TrainingStep("Train", step_args=fitted.fit(channels(uploaded)))
    register = RegisterModel(
        name="Register",
        estimator=fitted,
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        model_package_group_name=NAME,
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        approval_status="PendingManualApproval",
        **types,
    )
    pipeline = Pipeline(
        NAME, [rounds], steps=[train, register], sagemaker_session=inside, pipeline_experiment_config=None
    )
    pipeline.upsert(role_arn=ROLE)
    execution = pipeline.start(parameters={"Rounds": 15})
    execution.wait(delay=1, max_attempts=300)
    done(f"ran a pipeline: {execution.describe()['PipelineExecutionStatus']}")
    for step in execution.list_steps():
        done(f"step {step['StepName']}: {step['StepStatus']}")
    pipeline.delete()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
