"""deploy and destroy: what they ask of Terraform, what they delete beyond it, what they leave alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from datastreamer.errors import ProvisioningError, UsageError
from datastreamer.inference.names import stack_tags, tags
from datastreamer.provisioning.terraform.driver import Plan
from tests.unit.inference_cli.conftest import CommandLine

OUTPUTS = {
    "stack_name": "shop",
    "stream_name": "shop-stream",
    "table_name": "shop-predictions",
    "function_name": "shop-processor",
    "models_bucket": "shop-models-123456789012",
    "dlq_bucket": "shop-dlq-123456789012",
    "endpoint_name": "shop-endpoint",
    "protected": False,
}


class FakeTerraform:
    """A stack's Terraform: keeps what it was told, and fails where a test says so."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.changes = 3
        self.deployed = True
        self.outputs: dict[str, Any] = dict(OUTPUTS)
        self.error: Exception | None = None
        self.created: dict[str, Any] = {}

    def __call__(
        self,
        stack: str,
        environ: Mapping[str, str],
        report: Callable[[str], None],
        *,
        region: str,
        values: Mapping[str, Any],
    ) -> FakeTerraform:
        self.created = {"stack": stack, "region": region, "values": values, "environ": dict(environ)}
        self._report = report
        return self

    def plan(self, *, destroy: bool = False) -> Plan:
        if destroy and not self.deployed:
            raise UsageError("no stack shop was deployed from here")
        self.done.append("plan to destroy" if destroy else "plan")
        return Plan(Path("plan.tfplan"), self.changes, 0.1)

    def show(self, plan: Plan, *, color: bool = False) -> None:  # noqa: ARG002
        self._report("Terraform will perform: module.x[0] [bold]")

    def apply(self, plan: Plan) -> int:
        return self._carry_out("apply", plan)

    def destroy(self, plan: Plan) -> int:
        return self._carry_out("destroy", plan)

    def _carry_out(self, what: str, plan: Plan) -> int:
        if self.error:
            raise self.error
        self.done.append(what)
        self._report('  1/3 created module.x["a"]')
        return plan.changes

    def output(self) -> dict[str, Any]:
        return {"inference": self.outputs}

    def resources(self) -> list[str]:
        return ["module.inference.a"] if self.deployed else []


@pytest.fixture
def terraform(monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    fake = FakeTerraform()
    monkeypatch.setattr("datastreamer.cli.inference.stack.StackProvisioner", fake)
    return fake


@pytest.fixture
def serving(cli: CommandLine) -> None:
    """A model with its role, a configuration and an endpoint of stack ``shop``, and an endpoint of another's."""
    s3 = cli.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=b"x")
    cli.done("create-model", "shop-model", "image", "s3://models/model.tar.gz")
    for stack in ("shop", "other"):
        cli.done("create-endpoint-config", f"{stack}-config", "shop-model")
        cli.done("create-endpoint", f"{stack}-endpoint", f"{stack}-config")


@pytest.fixture
def updating(cli: CommandLine) -> Iterator[None]:  # noqa: ARG001
    """moto cannot update an endpoint."""

    class Http:
        status_code = 200

    def take(**_: object) -> tuple[Any, dict[str, Any]]:
        return Http(), {"EndpointArn": "arn"}

    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-call.sagemaker.UpdateEndpoint", take)
    yield
    session.events.unregister("before-call.sagemaker.UpdateEndpoint", take)


def left(cli: CommandLine) -> dict[str, list[str]]:
    sagemaker = cli.client("sagemaker")
    return {
        "endpoints": [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]],
        "configs": [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
        "models": [each["ModelName"] for each in sagemaker.list_models()["Models"]],
        "roles": [each["RoleName"] for each in cli.client("iam").list_roles()["Roles"]],
    }


class TestDeploy:
    def test_it_shows_the_plan_applies_it_and_tells_what_is_there(
        self, cli: CommandLine, terraform: FakeTerraform
    ) -> None:
        answer = cli.done("deploy", "shop", "--yes")
        assert terraform.done == ["plan", "apply"]
        assert answer.out.startswith("Terraform will perform: module.x[0] [bold]\nin place stack shop, 3 changes\n")
        assert '  1/3 created module.x["a"]' in answer.err
        for shown in ("shop-stream", "shop-predictions", "datastreamer inference train-example --stack shop"):
            assert shown in answer.out

    def test_it_goes_to_the_region_and_the_aws_of_the_caller(
        self, cli: CommandLine, terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE_FOR_TEST", "x")
        cli.done("deploy", "shop", "--yes", "--region", "eu-west-1")
        assert (terraform.created["stack"], terraform.created["region"]) == ("shop", "eu-west-1")
        assert terraform.created["environ"]["AWS_PROFILE_FOR_TEST"] == "x"

    def test_it_asks_and_takes_no_for_no(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        answer = cli("deploy", "shop", stdin=b"n\n", terminal=True)
        assert answer.code == 2
        assert "Make 3 changes to stack shop?" in answer.err
        assert terraform.done == ["plan"]

    def test_it_takes_yes_for_yes(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        assert cli("deploy", "shop", stdin=b"y\n", terminal=True).code == 0
        assert terraform.done == ["plan", "apply"]

    def test_it_does_not_ask_when_nothing_changes(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        terraform.changes = 0
        assert cli.done("deploy", "shop").out.splitlines()[1] == "in place stack shop, 0 changes"

    def test_a_dry_run_is_the_plan(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        document = cli.done("deploy", "shop", "--dry-run", "--json").document
        assert document == {"dry_run": True, "plan": "Terraform will perform: module.x[0] [bold]", "calls": []}
        assert "Terraform will perform" in cli.done("deploy", "shop", "--dry-run").out
        assert terraform.done == ["plan", "plan"]

    def test_json_tells_outputs_and_what_comes_next(self, cli: CommandLine, terraform: FakeTerraform) -> None:  # noqa: ARG002
        document = cli.done("deploy", "shop", "--yes", "--json").document
        assert (document["stack"], document["changes"], document["outputs"]) == ("shop", 3, OUTPUTS)
        assert document["next_commands"][-1] == "datastreamer inference status shop"

    def test_values_are_set_as_numbers_and_text(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        cli.done(
            "deploy",
            "shop",
            "--yes",
            "--set",
            "shard_count=2",
            "--set",
            "tracing=true",
            "--set",
            "stream_mode=ON_DEMAND",
        )
        assert terraform.created["values"] == {"shard_count": 2, "tracing": True, "stream_mode": "ON_DEMAND"}

    @pytest.mark.parametrize("setting", ["shard_count", "=2"])
    def test_a_value_without_a_name_or_an_equals_sign_is_told(
        self,
        cli: CommandLine,
        terraform: FakeTerraform,  # noqa: ARG002
        setting: str,
    ) -> None:
        answer = cli("deploy", "shop", "--set", setting)
        assert answer.code == 2
        assert "--set takes NAME=VALUE" in answer.err

    def test_what_terraform_says_of_its_failure_is_told(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        terraform.error = ProvisioningError("terraform apply failed for stack shop:\nmodule.x: AccessDenied")
        answer = cli("deploy", "shop", "--yes")
        assert answer.code == 1
        assert "error: terraform apply failed for stack shop:\nmodule.x: AccessDenied" in answer.err

    @pytest.mark.parametrize("name", ["Shop", "a", "-shop", "shop-", "shop_1", "x" * 41])
    @pytest.mark.parametrize("command", ["deploy", "destroy"])
    def test_a_name_that_cannot_name_a_stack_is_told(
        self, cli: CommandLine, terraform: FakeTerraform, command: str, name: str
    ) -> None:
        answer = cli(command, "--yes", "--", name)
        assert answer.code == 2
        assert f"{name!r} cannot name a stack" in answer.err
        assert terraform.done == []


class TestDestroy:
    @pytest.mark.usefixtures("serving")
    def test_it_deletes_what_commands_made_for_the_stack_first_and_nothing_else(
        self, cli: CommandLine, terraform: FakeTerraform
    ) -> None:
        answer = cli.done("destroy", "shop", "--yes")
        assert terraform.done == ["plan to destroy", "destroy"]
        assert left(cli) == {"endpoints": ["other-endpoint"], "configs": ["other-config"], "models": [], "roles": []}
        assert "  - endpoint shop-endpoint\n" in answer.out
        assert answer.out.endswith("gone stack shop: 3 changes by Terraform, 4 more\n")

    @pytest.mark.usefixtures("serving", "terraform")
    def test_the_log_of_its_endpoint_goes_too_and_no_others(self, cli: CommandLine) -> None:
        logs, below = cli.client("logs"), "/aws/sagemaker/Endpoints"
        for name in ("shop-endpoint", "shop-endpoint-2", "other-endpoint"):
            logs.create_log_group(logGroupName=f"{below}/{name}")
        assert f"log group {below}/shop-endpoint" in cli.done("destroy", "shop", "--yes", "--json").document["deleted"]
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        assert groups == [f"{below}/other-endpoint", f"{below}/shop-endpoint-2"]

    @pytest.mark.usefixtures("terraform")
    def test_a_log_group_that_somebody_tagged_is_theirs(self, cli: CommandLine) -> None:
        logs = cli.client("logs")
        logs.create_log_group(logGroupName="/aws/sagemaker/Endpoints/shop-endpoint", tags={"STACK": "shop"})
        cli.done("destroy", "shop", "--yes")
        assert len(logs.describe_log_groups()["logGroups"]) == 1

    @pytest.mark.usefixtures("serving")
    def test_it_names_everything_before_it_asks(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        answer = cli("destroy", "shop", stdin=b"n\n", terminal=True)
        assert answer.code == 2
        for named in (
            "endpoint shop-endpoint",
            "endpoint configuration shop-config",
            "model shop-model",
            "shop-model-role",
        ):
            assert named in answer.out
        assert "Destroy stack shop with all its data? It cannot be undone." in answer.err.replace("\n", " ")
        assert terraform.done == ["plan to destroy"]
        assert "shop-endpoint" in left(cli)["endpoints"]

    @pytest.mark.usefixtures("terraform")
    def test_what_deploy_did_not_make_is_named_and_left_alone(self, cli: CommandLine) -> None:
        cli.done("create-stream", "extra", "1", "--stack", "shop")
        # moto forgets the tags that CreateStream brings.
        cli.client("kinesis").add_tags_to_stream(StreamName="extra", Tags=tags("shop"))
        cli.done("create-table", "more", "--stack", "shop")
        document = cli.done("destroy", "shop", "--yes", "--json").document
        assert document["left"] == [
            "stream extra: datastreamer inference delete-stream extra",
            "table more: datastreamer inference delete-table more",
        ]
        assert cli.client("kinesis").list_streams()["StreamNames"] == ["extra"]
        assert cli.client("dynamodb").list_tables()["TableNames"] == ["more"]
        assert "Made by hand and left alone; to delete it:" in cli.done("destroy", "shop", "--yes").out

    def test_what_an_interrupted_deploy_left_outside_the_state_is_named(
        self, cli: CommandLine, terraform: FakeTerraform
    ) -> None:
        kinesis = cli.client("kinesis")
        for name in ("shop-stream", "other-stream"):
            kinesis.create_stream(StreamName=name, ShardCount=1)
            kinesis.add_tags_to_stream(StreamName=name, Tags=stack_tags(name.removesuffix("-stream")))
        answer = cli.done("destroy", "shop", "--yes")
        assert terraform.done == ["plan to destroy", "destroy"]
        assert answer.out.endswith(
            "Still there, as an interrupted deploy left it; to delete it:\n"
            "  stream shop-stream: datastreamer inference delete-stream shop-stream\n"
        )

    @pytest.mark.usefixtures("serving")
    def test_what_terraform_made_with_the_same_tags_is_terraforms_to_delete(
        self,
        cli: CommandLine,
        terraform: FakeTerraform,  # noqa: ARG002
    ) -> None:
        sagemaker = cli.client("sagemaker")
        arn = sagemaker.describe_endpoint(EndpointName="shop-endpoint")["EndpointArn"]
        sagemaker.delete_tags(ResourceArn=arn, TagKeys=["MADE_BY"])
        cli.done("destroy", "shop", "--yes")
        assert "shop-endpoint" in left(cli)["endpoints"]

    def test_a_stack_that_is_not_there_is_told(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        terraform.deployed = False
        answer = cli("destroy", "shop", "--yes")
        assert answer.code == 2
        assert "no stack shop was deployed from here" in answer.err

    @pytest.mark.usefixtures("serving", "terraform", "updating")
    def test_what_was_promoted_goes_with_the_stack_whatever_its_name(self, cli: CommandLine) -> None:
        for name in ("fraud-v2", "shop-nan"):
            cli.done("create-model", f"{name}-model", "image", "s3://models/model.tar.gz")
            cli.done("create-endpoint-config", f"{name}-config", f"{name}-model")
            cli.done("create-endpoint", "shop-endpoint", f"{name}-config", "--update")
        document = cli.done("destroy", "shop", "--yes", "--json").document
        assert {"model fraud-v2-model", "role shop-nan-model-role"} <= set(document["deleted"])
        assert left(cli) == {"endpoints": ["other-endpoint"], "configs": ["other-config"], "models": [], "roles": []}

    @pytest.mark.usefixtures("serving", "terraform", "updating")
    def test_what_was_promoted_and_is_another_stacks_stays(self, cli: CommandLine) -> None:
        kinesis = cli.client("kinesis")
        kinesis.create_stream(StreamName="other-stream", ShardCount=1)
        kinesis.add_tags_to_stream(StreamName="other-stream", Tags=stack_tags("other"))
        cli.done("create-model", "other-model", "image", "s3://models/model.tar.gz")
        cli.done("create-endpoint-config", "other-config-2", "other-model")
        cli.done("create-endpoint", "shop-endpoint", "other-config-2", "--update")
        cli.done("destroy", "shop", "--yes")
        assert "other-config-2" in left(cli)["configs"]
        assert (left(cli)["models"], left(cli)["roles"]) == (["other-model"], ["other-model-role"])

    @pytest.mark.usefixtures("serving", "terraform", "updating")
    def test_what_nobody_tagged_as_a_commands_is_left_alone(self, cli: CommandLine) -> None:
        sagemaker = cli.client("sagemaker")
        variant = {"VariantName": "AllTraffic", "ModelName": "shop-model", "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName="somebodys", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        cli.done("create-endpoint", "shop-endpoint", "somebodys", "--update")
        cli.done("destroy", "shop", "--yes")
        assert "somebodys" in left(cli)["configs"]

    @pytest.mark.usefixtures("serving", "terraform")
    def test_what_serves_goes_too_where_it_was_promoted_by_other_means(self, cli: CommandLine) -> None:
        cli.done("create-model", "fraud-model", "image", "s3://models/model.tar.gz")
        cli.done("create-endpoint-config", "fraud-config", "fraud-model")
        sagemaker = cli.client("sagemaker")
        sagemaker.delete_endpoint(EndpointName="shop-endpoint")
        sagemaker.create_endpoint(EndpointName="shop-endpoint", EndpointConfigName="fraud-config")
        cli.done("destroy", "shop", "--yes")
        assert "fraud-config" not in left(cli)["configs"]
        assert left(cli)["roles"] == []

    @pytest.mark.usefixtures("serving", "terraform")
    def test_a_role_whose_model_is_gone_goes_too(self, cli: CommandLine) -> None:
        cli.client("sagemaker").delete_model(ModelName="shop-model")
        cli.done("destroy", "shop", "--yes")
        assert left(cli)["roles"] == []

    @pytest.mark.usefixtures("serving")
    def test_what_is_left_of_a_stack_that_terraform_knows_no_more_goes_too(
        self, cli: CommandLine, terraform: FakeTerraform
    ) -> None:
        terraform.deployed = False
        assert cli.done("destroy", "shop", "--yes").out.endswith("gone stack shop: 0 changes by Terraform, 4 more\n")
        assert terraform.done == []

    @pytest.mark.usefixtures("serving")
    def test_a_stack_that_resists_is_refused_before_anything_is_deleted(
        self, cli: CommandLine, terraform: FakeTerraform
    ) -> None:
        terraform.outputs["protected"] = True
        answer = cli("destroy", "shop", "--yes")
        assert answer.code == 2
        assert "--set force_destroy=true --set deletion_protection=false" in answer.err
        assert "shop-endpoint" in left(cli)["endpoints"]
        assert terraform.done == ["plan to destroy"]

    @pytest.mark.usefixtures("serving")
    def test_a_dry_run_is_the_plan_and_the_calls_beyond_it(self, cli: CommandLine, terraform: FakeTerraform) -> None:
        document = cli.done("destroy", "shop", "--dry-run", "--json").document
        assert document["plan"].startswith("Terraform will perform")
        assert [f"{call['service']}.{call['operation']}" for call in document["calls"]] == [
            "sagemaker.DeleteEndpoint",
            "sagemaker.DeleteEndpointConfig",
            "sagemaker.DeleteModel",
            "iam.DeleteRolePolicy",
            "iam.DeleteRole",
        ]
        assert terraform.done == ["plan to destroy"]
        assert "shop-endpoint" in left(cli)["endpoints"]
