"""A stack on a real stage: deployed, given an endpoint, moved to another model, destroyed without a trace."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import xgboost

from datastreamer.errors import UsageError
from datastreamer.inference.resources.images import xgboost_image
from datastreamer.provisioning.cost.inference import ALARMS, ENDPOINT_ALARMS, SCALING_ALARMS
from datastreamer.provisioning.stack import StackProvisioner
from tests.conftest import REGION, RunningStage, free_port, lake_environment
from tests.terraform.stage_inventory import inventory

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.stage]

ACCOUNT = "000000000000"
STACK = "my-ml"
MODELS, DLQ = f"{STACK}-models-{ACCOUNT}", f"{STACK}-dlq-{ACCOUNT}"
FUNCTION, ENDPOINT = f"{STACK}-processor", f"{STACK}-endpoint"


@dataclass
class Deployed:
    """A stage of its own with a stack on it. ``before`` is what there was before the first apply."""

    stage: RunningStage
    before: dict[str, list[str]]
    lines: list[str] = field(default_factory=list)

    def provisioner(self, **values: Any) -> StackProvisioner:
        environ = lake_environment(self.stage) | {"DATASTREAMER_STAGE": "local"}
        return StackProvisioner(STACK, environ, self.lines.append, values=values)

    def with_model(self, name: str, **values: Any) -> StackProvisioner:
        """The stack with its own endpoint, which serves archive ``name``."""
        return self.provisioner(
            endpoint_enabled=True,
            model_image=xgboost_image(REGION),
            model_data_url=f"s3://{MODELS}/{name}/model.tar.gz",
            maximum_instances=2,
            **values,
        )

    def score(self) -> float:
        answer = self.stage.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=ENDPOINT, ContentType="text/csv", Body=b"1.0,2.0"
        )
        return float(answer["Body"].read())


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    stage = RunningStage(free_port(), tmp_path_factory.mktemp("stack"))
    stage.start()
    try:
        stack = Deployed(stage, inventory(stage))
        stack.provisioner().apply()
        yield stack
    finally:
        stage.stop()


def archive(constant: float) -> bytes:
    """A model that answers ``constant`` to everything."""
    data = xgboost.DMatrix(np.zeros((4, 2)), label=np.full(4, constant))
    model = xgboost.train({"base_score": constant, "tree_method": "exact", "nthread": 1}, data, num_boost_round=1)
    raw = bytes(model.save_raw("ubj"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(raw)
        tar.addfile(entry, io.BytesIO(raw))
    return packed.getvalue()


def test_only_what_has_the_stacks_name_appears(deployed: Deployed) -> None:
    after = inventory(deployed.stage)
    new = {kind: sorted(set(names) - set(deployed.before[kind])) for kind, names in after.items()}
    assert new["streams"] == [f"{STACK}-stream"]
    assert new["items' tables"] == [f"{STACK}-predictions"]
    assert new["functions"] == [FUNCTION]
    assert new["roles"] == [f"{FUNCTION}-role"]
    assert new["buckets"] == [DLQ, MODELS]
    assert new["log groups"] == [f"/aws/lambda/{FUNCTION}"]
    assert new["event source mappings"] == [f"{STACK}-stream to {FUNCTION}"]
    assert len(new["alarms"]) == ALARMS
    assert all(name.startswith(f"{STACK}-") for name in new["alarms"])
    assert not new["endpoints"]


def test_everything_carries_project_pipeline_stack_and_stage(deployed: Deployed) -> None:
    expected = {"PROJECT": "datastreamer", "PIPELINE": "inference", "STACK": STACK, "STAGE": "local"}
    stage = deployed.stage
    functions = stage.client("lambda")
    assert functions.list_tags(Resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}")["Tags"] == expected
    mapping = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"][0]
    assert functions.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"] == expected
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-predictions"
    for tags in (
        stage.client("kinesis").list_tags_for_stream(StreamName=f"{STACK}-stream")["Tags"],
        stage.client("s3").get_bucket_tagging(Bucket=DLQ)["TagSet"],
        stage.client("dynamodb").list_tags_of_resource(ResourceArn=table)["Tags"],
        stage.client("iam").list_role_tags(RoleName=f"{FUNCTION}-role")["Tags"],
    ):
        assert {tag["Key"]: tag["Value"] for tag in tags} == expected


def test_the_function_has_the_zips_code_and_the_mapping_its_options(deployed: Deployed) -> None:
    functions = deployed.stage.client("lambda")
    function = functions.get_function_configuration(FunctionName=FUNCTION)
    assert (function["Runtime"], function["Handler"], function["State"]) == ("python3.11", "handler.handler", "Active")
    assert function["Environment"]["Variables"]["ENDPOINT_NAME"] == ENDPOINT
    packages = list((deployed.stage.data_dir / "build").glob("inference_score-*.zip"))
    assert [path.stat().st_size for path in packages] == [function["CodeSize"]]
    assert "handler.py" in zipfile.ZipFile(packages[0]).namelist()
    mapping = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"][0]
    expected = {
        "State": "Enabled",
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 500,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 5,
        "MaximumRecordAgeInSeconds": 86400,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{DLQ}"}},
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }
    assert {name: mapping[name] for name in expected} == expected


def test_the_table_is_restorable_and_goes_with_its_stack(deployed: Deployed) -> None:
    dynamodb = deployed.stage.client("dynamodb")
    table = dynamodb.describe_table(TableName=f"{STACK}-predictions")["Table"]
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    assert keys == {"HASH": "pk", "RANGE": "sk"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["SSEType"] == "KMS"
    assert not table["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=f"{STACK}-predictions")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_changed_model_moves_the_endpoint_leaves_nothing_of_the_old_one_and_no_change_to_plan(
    deployed: Deployed,
) -> None:
    s3, sagemaker = deployed.stage.client("s3"), deployed.stage.client("sagemaker")
    for name, constant in (("one", 0.25), ("two", 0.75)):
        s3.put_object(Bucket=MODELS, Key=f"{name}/model.tar.gz", Body=archive(constant))
    deployed.with_model("one").apply()
    assert deployed.score() == pytest.approx(0.25)
    first = inventory(deployed.stage)
    assert (len(first["models"]), first["endpoints"]) == (1, [ENDPOINT])
    assert first["scalable targets"] == [f"endpoint/{ENDPOINT}/variant/AllTraffic"]
    assert len(first["alarms"]) - len(deployed.before["alarms"]) == ALARMS + ENDPOINT_ALARMS + SCALING_ALARMS

    deployed.with_model("two").apply()
    assert sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "InService"
    assert deployed.score() == pytest.approx(0.75)
    second = inventory(deployed.stage)
    assert len(second["models"]) == len(second["endpoint configs"]) == 1
    assert second["models"] != first["models"]
    assert second["endpoint configs"] != first["endpoint configs"]
    assert deployed.with_model("two").plan().changes == 0


def test_no_secret_is_in_the_state(deployed: Deployed) -> None:
    state = (deployed.provisioner().workspace.folder / "terraform.tfstate").read_text()
    assert json.loads(state)["resources"]
    for attribute in ('"secret', '"password', "AWS_SECRET_ACCESS_KEY", "PRIVATE KEY"):
        assert attribute not in state


def test_destroy_leaves_nothing_though_there_was_data_and_then_knows_of_no_stack(deployed: Deployed) -> None:
    deployed.stage.client("s3").put_object(Bucket=DLQ, Key="failures/one.json", Body=b"{}")
    provisioner = deployed.provisioner()
    assert provisioner.destroy() > 0
    assert provisioner.resources() == []
    assert inventory(deployed.stage) == deployed.before
    with pytest.raises(UsageError, match="no stack my-ml was deployed from here"):
        provisioner.destroy()
