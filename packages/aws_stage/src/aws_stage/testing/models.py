"""Models and endpoints for the tests of SageMaker hosting."""

from __future__ import annotations

import contextlib
import io
import tarfile
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

import numpy as np
from botocore.exceptions import ClientError

from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.waiting import eventually

REGISTRY = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2"
PYTORCH = "763104351884.dkr.ecr.ap-northeast-1.amazonaws.com/pytorch-inference:2.5.1-cpu-py311"
ROLE = "arn:aws:iam::000000000000:role/model"
BUCKET = "sagemaker-models"
SCRIPT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
"""The environment of a model that brings ``code/inference.py``, as SageMaker's Python SDK sets it."""


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """A model.tar.gz that holds ``files``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@cache
def booster(objective: str = "binary:logistic") -> bytes:
    """A booster over three features that says whether their sum is large, as UBJSON."""
    import xgboost

    rng = np.random.default_rng(7)
    rows = rng.normal(size=(300, 3))
    total = rows.sum(axis=1)
    labels = np.digitize(total, [-1.0, 1.0]) if objective.startswith("multi:") else (total > 0).astype(int)
    settings = {"objective": objective, "max_depth": 3}
    if objective.startswith("multi:"):
        settings["num_class"] = 3
    return bytes(xgboost.train(settings, xgboost.DMatrix(rows, labels), 10).save_raw("ubj"))


def xgboost_archive(objective: str = "binary:logistic") -> bytes:
    """A model.tar.gz as SageMaker's XGBoost writes it."""
    return archive({"xgboost-model": booster(objective)})


class Hosting:
    """A stage's SageMaker, with names that no other test has."""

    def __init__(self, stage: RunningStage) -> None:
        self.stage = stage
        self.s3 = stage.client("s3")
        self.sagemaker = stage.client("sagemaker")
        self.runtime = stage.client("sagemaker-runtime", attempts=1)
        self._begun: list[str] = []
        exists = self.s3.exceptions.BucketAlreadyOwnedByYou
        with contextlib.suppress(exists):
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Delete every endpoint that is still there: each is a process or more."""
        for name in self._begun:
            with contextlib.suppress(ClientError):
                self.sagemaker.delete_endpoint(EndpointName=name)

    def model(self, artifact: bytes, image: str = XGBOOST, environment: Mapping[str, str] | None = None) -> str:
        """A model of ``artifact``; returns its name. Without an ``environment`` it has what its archive needs."""
        if environment is None and _brings_a_script(artifact):
            environment = SCRIPT
        name = f"model-{uuid.uuid4().hex[:8]}"
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=artifact)
        container: dict[str, Any] = {"Image": image, "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz"}
        if environment:
            container["Environment"] = dict(environment)
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def config(self, *variants: dict[str, Any], **more: Any) -> str:
        """An endpoint configuration of ``variants``, which need no more than a ModelName; returns its name."""
        name = f"config-{uuid.uuid4().hex[:8]}"
        whole = [
            {
                "VariantName": "AllTraffic",
                **({} if "ServerlessConfig" in each else {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}),
                **each,
            }
            for each in variants
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=whole, **more)
        return name

    def endpoint(self, config: str) -> str:
        """An endpoint of ``config``, InService; returns its name."""
        name = self.begin(config)
        status = self.settled(name)
        assert status["EndpointStatus"] == "InService", status.get("FailureReason")
        return name

    def begin(self, config: str) -> str:
        """An endpoint of ``config``, whatever becomes of it."""
        name = f"endpoint-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self._begun.append(name)
        return name

    def serve(self, artifact: bytes, image: str = XGBOOST, environment: Mapping[str, str] | None = None) -> str:
        """An endpoint of one variant with one instance, InService."""
        return self.endpoint(self.config({"ModelName": self.model(artifact, image, environment)}))

    def describe(self, endpoint: str) -> dict[str, Any]:
        description: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=endpoint)
        return description

    def settled(self, endpoint: str) -> dict[str, Any]:
        """The endpoint's description once its creation or update is over."""
        eventually(lambda: self.describe(endpoint)["EndpointStatus"] not in ("Creating", "Updating"))
        return self.describe(endpoint)

    def invoke(self, endpoint: str, body: bytes | str, content_type: str = "text/csv", **more: Any) -> str:
        """The answer's body."""
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **more)
        text: str = answer["Body"].read().decode()
        return text


def _brings_a_script(artifact: bytes) -> bool:
    try:
        with tarfile.open(fileobj=io.BytesIO(artifact)) as tar:
            return "code/inference.py" in tar.getnames()
    except tarfile.TarError:
        return False


def script(code: str) -> bytes:
    """A model.tar.gz with ``code/inference.py``."""
    return archive({"code/inference.py": code})
