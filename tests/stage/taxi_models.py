"""A registry, an endpoint and the deploy function on a stage, with models made in a moment and trips to score."""

from __future__ import annotations

import json
import statistics
import threading
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from aws_stage.testing.lambda_functions import settle
from aws_stage.testing.models import ROLE, XGBOOST
from aws_stage.testing.waiting import PATIENCE, eventually
from botocore.exceptions import ClientError

from datastreamer.inference.training.archive import pack
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.registry import properties_of
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.names import Names
from tests.conftest import REGION, RunningStage
from tests.unit.taxi.fares import rows_of

ACCOUNT = "000000000000"
BAKING_SECONDS = 12
RESIDUAL_DOLLARS = 5.0
NAMESPACE = "Datastreamer/Taxi"


def archive(*, times: float = 1.0, constant: float | None = None, columns: int = 7) -> bytes:
    """A model of a simple meter's fares; ``times`` as much, ``constant``, or of fewer ``columns``."""
    rows = rows_of(800, 1)
    fares = rows.labels * times if constant is None else np.full_like(rows.labels, constant)
    matrix = xgboost.DMatrix(rows.features[:, :columns], fares)
    booster = xgboost.train({"max_depth": 4, "eta": 0.3, "nthread": 1, "base_score": 0.0}, matrix, 40)
    return pack(bytes(booster.save_raw("ubj")))


BROKEN = pack(b"this is no model")


class FareModels:
    """The life of models in a stage's pipeline of its own name; as Terraform makes it, with seconds for minutes."""

    def __init__(self, stage: RunningStage, package: Path) -> None:
        self.stage = stage
        self.names = Names(f"t{uuid.uuid4().hex[:8]}", ACCOUNT)
        self.sagemaker, self.runtime = stage.client("sagemaker"), stage.client("sagemaker-runtime")
        self.cloudwatch, self.events, self.functions = (
            stage.client(each) for each in ("cloudwatch", "events", "lambda")
        )
        self.s3, self.dynamodb = stage.client("s3"), stage.client("dynamodb")
        self.name = self.names.model
        self.s3.create_bucket(Bucket=self.names.models_bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dynamodb.create_table(
            TableName=self.names.thresholds_table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "model_version", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "model_version", "AttributeType": "S"}],
        )
        self.sagemaker.create_model_package_group(ModelPackageGroupName=self.name)
        self._alarms()
        self._function(package)
        self._rules()

    def _alarms(self) -> None:
        variant = [{"Name": "EndpointName", "Value": self.name}, {"Name": "VariantName", "Value": "AllTraffic"}]
        stage = [{"Name": "Stage", "Value": self.names.stage}]
        self.alarms = {
            "errors": ("AWS/SageMaker", "Invocation5XXErrors", variant, {"Statistic": "Sum"}, 2.0),
            "refusals": ("AWS/SageMaker", "Invocation4XXErrors", variant, {"Statistic": "Sum"}, 2.0),
            "residual": (NAMESPACE, "MedianResidual", stage, {"ExtendedStatistic": "p95"}, RESIDUAL_DOLLARS),
        }
        for alarm, (namespace, metric, dimensions, statistic, threshold) in self.alarms.items():
            self.cloudwatch.put_metric_alarm(
                AlarmName=f"{self.name}-{alarm}",
                Namespace=namespace,
                MetricName=metric,
                Dimensions=dimensions,
                Period=10,
                EvaluationPeriods=1,
                DatapointsToAlarm=1,
                ComparisonOperator="GreaterThanThreshold",
                Threshold=threshold,
                TreatMissingData="notBreaching",
                **statistic,
            )

    def _function(self, package: Path) -> None:
        self.function = self.names.function("deploy")
        self.functions.create_function(
            FunctionName=self.function,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": package.read_bytes()},
            Environment={
                "Variables": {
                    "STAGE": self.names.stage,
                    "ACCOUNT_ID": ACCOUNT,
                    "MODEL_ROLE_ARN": ROLE,
                    "INSTANCE_TYPE": "ml.m5.large",
                    "INSTANCES": "1",
                    "KMS_KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
                    "CANARY_PERCENT": "50",
                    "BAKING_SECONDS": str(BAKING_SECONDS),
                    "SETTLING_SECONDS": "1",
                    "ALARMS": ",".join(f"{self.name}-{alarm}" for alarm in self.alarms),
                    "POWERTOOLS_SERVICE_NAME": self.function,
                }
            },
        )
        settle(self.stage, self.function)

    def _rules(self) -> None:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function}"
        patterns = {
            "version": {
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {"ModelPackageGroupName": [self.name], "ModelApprovalStatus": ["Approved", "Rejected"]},
            },
            "endpoint": {
                "detail-type": ["SageMaker Endpoint State Change"],
                "detail": {"EndpointName": [self.name], "EndpointStatus": ["IN_SERVICE", "FAILED"]},
            },
        }
        for name, pattern in patterns.items():
            rule = f"{self.function}-{name}"
            self.events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.sagemaker"], **pattern}))
            self.events.put_targets(Rule=rule, Targets=[{"Id": "deploy", "Arn": arn}])

    def register(self, model: bytes) -> str:
        """A version that waits for approval; its number."""
        key = f"artifacts/{uuid.uuid4().hex}/model.tar.gz"
        self.s3.put_object(Bucket=self.names.models_bucket, Key=key, Body=model)
        rule = Thresholds("0", 1.0, 0.1, "0123456789abcdef", tuple(float(number) for number, _ in enumerate(PROBES)))
        container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{self.names.models_bucket}/{key}"}
        arn = self.sagemaker.create_model_package(
            ModelPackageGroupName=self.name,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties=properties_of(rule),
        )["ModelPackageArn"]
        return str(arn.rpartition("/")[2])

    def decide(self, version: str, status: str) -> None:
        """Approve or reject a version as AWS's console does."""
        self.sagemaker.update_model_package(ModelPackageArn=self.arn(version), ModelApprovalStatus=status)

    def arn(self, version: str) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{self.name}/{version}"

    def package(self, version: str) -> Any:
        return self.sagemaker.describe_model_package(ModelPackageName=self.arn(version))

    def endpoint(self) -> Any:
        return self.sagemaker.describe_endpoint(EndpointName=self.name)

    def serves(self, version: str) -> None:
        """Wait until this version has all calls."""

        def look() -> tuple[str, str]:
            try:
                found = self.endpoint()
            except ClientError:
                return "", ""
            return found["EndpointStatus"], found["EndpointConfigName"]

        eventually(look, ("InService", f"{self.name}-v{version}"))

    def rejected(self, version: str) -> str:
        """Wait until this version is rejected; why it was."""
        eventually(lambda: self.package(version)["ModelApprovalStatus"], "Rejected")
        return str(self.package(version)["ApprovalDescription"])

    def promoted(self, model: bytes) -> str:
        """A version in service."""
        version = self.register(model)
        self.decide(version, "Approved")
        self.serves(version)
        return version


class Trips:
    """Calls of the endpoint, one after the other, whose median residuals are metrics as the scoring function's are."""

    def __init__(self, models: FareModels) -> None:
        self._models = models
        self._rows = rows_of(20, 9)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answered: list[float] = []

    def __enter__(self) -> Trips:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(PATIENCE)

    def ask(self) -> list[float]:
        """The fares of the trips by whichever model answers."""
        body = "\n".join(
            ",".join("" if np.isnan(each) else repr(float(each)) for each in row) for row in self._rows.features
        )
        answer = self._models.runtime.invoke_endpoint(
            EndpointName=self._models.name, ContentType="text/csv", Accept="text/csv", Body=body.encode()
        )
        return [float(each) for each in answer["Body"].read().decode().replace("\n", ",").strip(",").split(",")]

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            try:
                fares = self.ask()
            except ClientError:
                continue
            residual = statistics.median(abs(a - b) for a, b in zip(self._rows.labels, fares, strict=True))
            self.answered.append(residual)
            self._models.cloudwatch.put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": "MedianResidual",
                        "Dimensions": [{"Name": "Stage", "Value": self._models.names.stage}],
                        "Value": float(residual),
                        "StorageResolution": 1,
                    }
                ],
            )
