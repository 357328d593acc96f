"""Training jobs for the tests of SageMaker."""

from __future__ import annotations

import contextlib
import io
import tarfile
import uuid
from collections.abc import Mapping
from typing import Any

import numpy as np

from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.models import ROLE, XGBOOST, archive
from aws_stage.testing.waiting import eventually

BUCKET = "sagemaker-training"
OVER = ("Completed", "Failed", "Stopped")


def rows(count: int = 200, seed: int = 7) -> str:
    """CSV, label first: the sum of three features."""
    features = np.random.default_rng(seed).normal(size=(count, 3))
    return "".join(",".join(map(str, (row.sum(), *row))) + "\n" for row in features)


class Training:
    """A stage's training jobs, with names that no other test has."""

    def __init__(self, stage: RunningStage) -> None:
        self.stage = stage
        self.s3 = stage.client("s3")
        self.sagemaker = stage.client("sagemaker")
        exists = self.s3.exceptions.BucketAlreadyOwnedByYou
        with contextlib.suppress(exists):
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, files: Mapping[str, str | bytes]) -> str:
        """Objects below a prefix of their own; returns its address."""
        prefix = uuid.uuid4().hex[:8]
        for name, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            self.s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=body)
        return f"s3://{BUCKET}/{prefix}/"

    def source(self, program: str, **more: str) -> dict[str, str]:
        """The hyperparameters of script mode, for ``train.py``."""
        address = self.put({"sourcedir.tar.gz": archive({"train.py": program, **more})})
        return {"sagemaker_program": "train.py", "sagemaker_submit_directory": f"{address}sourcedir.tar.gz"}

    def request(self, hyperparameters: Mapping[str, str], **channels: str) -> dict[str, Any]:
        """A request for a job of XGBoost whose ``channels`` are addresses of CSV."""
        return {
            "TrainingJobName": f"job-{uuid.uuid4().hex[:8]}",
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": dict(hyperparameters),
            "InputDataConfig": [channel(name, address) for name, address in channels.items()],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }

    def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The description of a job once it is over."""
        self.sagemaker.create_training_job(**request)
        return self.ended(request["TrainingJobName"])

    def describe(self, job: str) -> dict[str, Any]:
        description: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=job)
        return description

    def ended(self, job: str) -> dict[str, Any]:
        eventually(lambda: self.describe(job)["TrainingJobStatus"] in OVER)
        return self.describe(job)

    def artifact(self, description: Mapping[str, Any], name: str = "model.tar.gz") -> dict[str, bytes]:
        """The files of an archive that the job left beside its model."""
        address = description["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0]
        return self.files(f"{address}/{name}")

    def files(self, address: str) -> dict[str, bytes]:
        """The files of a tar.gz in S3."""
        found = {}
        with tarfile.open(fileobj=io.BytesIO(self.read(address)), mode="r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                found[member.name] = content.read() if content is not None else b""
        return found

    def read(self, address: str) -> bytes:
        """An object of S3."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def log(self, job: str) -> list[str]:
        """The lines of a job in CloudWatch Logs."""
        logs, group = self.stage.client("logs"), "/aws/sagemaker/TrainingJobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/algo-1-")["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]


def channel(name: str, address: str, content_type: str | None = "text/csv", **more: Any) -> dict[str, Any]:
    """A channel of a request."""
    source = {"S3DataType": "S3Prefix", "S3Uri": address, "S3DataDistributionType": "FullyReplicated"}
    kind = {} if content_type is None else {"ContentType": content_type}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **kind, **more}
