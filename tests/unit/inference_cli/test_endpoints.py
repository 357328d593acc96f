"""create-endpoint, delete-endpoint, list-endpoints, invoke-endpoint."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody

from datastreamer.inference.names import tag_list
from tests.unit.inference_cli.conftest import CommandLine


@pytest.fixture
def config(cli: CommandLine) -> str:
    sagemaker = cli.client("sagemaker")
    sagemaker.create_model(
        ModelName="shop-model", PrimaryContainer={"Image": "i"}, ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
    )
    for name in ("shop-config", "other-config"):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": "shop-model",
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                }
            ],
        )
    return "shop-config"


@pytest.fixture
def endpoint(cli: CommandLine, config: str) -> str:
    cli.done("create-endpoint", "shop-endpoint", config)
    return "shop-endpoint"


@pytest.fixture
def statuses(cli: CommandLine) -> Iterator[list[dict[str, Any]]]:  # noqa: ARG001
    """What DescribeEndpoint answers next, as far as it differs from moto's."""
    told: list[dict[str, Any]] = []

    def change(parsed: dict[str, Any], **_: object) -> None:
        if told and "EndpointName" in parsed:
            parsed.update(told.pop(0) if len(told) > 1 else told[0])

    session: Any = boto3.DEFAULT_SESSION
    session.events.register("after-call.sagemaker.DescribeEndpoint", change)
    yield told
    session.events.unregister("after-call.sagemaker.DescribeEndpoint", change)


def test_create_endpoint_waits_until_it_is_in_service(
    cli: CommandLine, config: str, statuses: list[dict[str, Any]]
) -> None:
    statuses += [{"EndpointStatus": state} for state in ("Creating", "Creating", "InService")]
    answer = cli.done("create-endpoint", "shop-endpoint", config)
    assert answer.out == "InService endpoint shop-endpoint, configuration shop-config\n"
    assert answer.err == "endpoint shop-endpoint: Creating\nendpoint shop-endpoint: InService\n"
    assert cli.parameters("CreateEndpoint")["EndpointConfigName"] == "shop-config"
    assert {"Key": "STACK", "Value": "shop"} in cli.parameters("CreateEndpoint")["Tags"]


def test_create_endpoint_that_fails_tells_why(cli: CommandLine, config: str, statuses: list[dict[str, Any]]) -> None:
    statuses += [{"EndpointStatus": "Creating"}, {"EndpointStatus": "Failed", "FailureReason": "No capacity."}]
    answer = cli("create-endpoint", "shop-endpoint", config)
    assert answer.code == 1
    assert (
        "endpoint shop-endpoint is Failed: No capacity. Its log: /aws/sagemaker/Endpoints/shop-endpoint" in answer.err
    )


def test_create_endpoint_gives_up_waiting_and_says_so(
    cli: CommandLine, config: str, statuses: list[dict[str, Any]]
) -> None:
    statuses += [{"EndpointStatus": "Creating"}]
    answer = cli("create-endpoint", "shop-endpoint", config, "--timeout", "60")
    assert answer.code == 1
    assert "endpoint shop-endpoint is still Creating after 60 s; it goes on without us" in answer.err


def test_create_endpoint_without_waiting(cli: CommandLine, config: str) -> None:
    document = cli.done("create-endpoint", "e", config, "--no-wait", "--json").document
    assert document == {"endpoint": "e", "endpoint_config": config, "status": "Creating"}


def test_create_endpoint_of_a_missing_config_names_the_nearest(cli: CommandLine, config: str) -> None:
    answer = cli("create-endpoint", "e", config + "s")
    assert answer.code == 2
    assert "there is no endpoint configuration shop-configs in ap-northeast-1. Did you mean shop-config?" in answer.err


def test_create_endpoint_that_is_there_names_update(cli: CommandLine, endpoint: str) -> None:
    answer = cli("create-endpoint", endpoint, "other-config")
    assert answer.code == 2
    assert "create-endpoint shop-endpoint other-config --update" in answer.err


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


@pytest.mark.usefixtures("updating")
def test_update_moves_it_to_another_config(cli: CommandLine, endpoint: str) -> None:
    answer = cli.done("create-endpoint", endpoint, "other-config", "--update", "--json")
    assert answer.document == {"endpoint": endpoint, "endpoint_config": "other-config", "status": "InService"}
    assert cli.parameters("UpdateEndpoint") == {"EndpointName": endpoint, "EndpointConfigName": "other-config"}


@pytest.fixture
def scaled(cli: CommandLine, endpoint: str) -> str:
    cli.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{endpoint}/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=4,
    )
    return endpoint


@pytest.mark.usefixtures("updating")
def test_an_endpoint_that_is_scaled_keeps_the_instances_that_it_has_grown_to(cli: CommandLine, scaled: str) -> None:
    cli.done("create-endpoint", scaled, "other-config", "--update")
    assert cli.parameters("UpdateEndpoint")["RetainAllVariantProperties"] is True


@pytest.mark.parametrize("variant", [{"InstanceType": "ml.c5.xlarge"}, {"VariantName": "blue"}])
def test_a_move_that_sagemaker_refuses_as_the_endpoint_is_scaled_is_told_before(
    cli: CommandLine, scaled: str, variant: dict[str, str]
) -> None:
    whole = {"VariantName": "AllTraffic", "ModelName": "shop-model", "InstanceType": "ml.m5.large", **variant}
    cli.client("sagemaker").create_endpoint_config(
        EndpointConfigName="larger",
        ProductionVariants=[{**whole, "InitialInstanceCount": 1}],  # type: ignore[typeddict-item]
    )
    answer = cli("create-endpoint", scaled, "larger", "--update")
    assert answer.code == 2
    assert "variant AllTraffic of endpoint shop-endpoint is scaled" in answer.err
    assert "deregister-scalable-target" in answer.err
    assert not {"UpdateEndpoint", "AddTags"} & set(cli.operations)


@pytest.mark.parametrize("options", [(), ("--update",)])
def test_a_failed_endpoint_can_only_be_deleted_and_made_again(
    cli: CommandLine, endpoint: str, statuses: list[dict[str, Any]], options: tuple[str, ...]
) -> None:
    statuses += [{"EndpointStatus": "Failed"}]
    answer = cli("create-endpoint", endpoint, "other-config", *options)
    assert answer.code == 2
    assert (
        "endpoint shop-endpoint is Failed, and such a one can only be deleted: datastreamer inference delete-endpoint "
        "shop-endpoint, then datastreamer inference create-endpoint shop-endpoint other-config" in answer.err
    )
    assert "UpdateEndpoint" not in cli.operations


@pytest.mark.usefixtures("updating")
@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("ValueError: no model here\nTraceback (most recent call last):\n  File x", "ValueError: no model here"),
        (
            "[12:00:00] Check failed: fi: not a booster\nStack trace:\n  [bt] (0) libxgboost.so(+0x1)",
            "[12:00:00] Check",
        ),
        (
            "The model said: <!DOCTYPE HTML>\n<title>500 Internal\nError</title><h1>x</h1>",
            "The model said: 500 Internal",
        ),
    ],
)
def test_an_update_that_fails_says_that_the_old_configuration_goes_on_and_why_in_a_line(
    cli: CommandLine, endpoint: str, statuses: list[dict[str, Any]], reason: str, shown: str
) -> None:
    statuses += [{"EndpointStatus": "InService"}, {"EndpointStatus": "Updating"}]
    statuses += [{"EndpointStatus": "InService", "FailureReason": reason}]
    answer = cli("create-endpoint", endpoint, "other-config", "--update")
    assert answer.code == 1
    assert (
        f"the update of endpoint shop-endpoint failed, and configuration shop-config goes on serving: {shown}"
        in answer.err
    )
    for unwanted in ("Traceback", "[bt]", "<"):
        assert unwanted not in answer.err


def test_update_of_an_endpoint_that_is_not_there_is_told(cli: CommandLine, config: str) -> None:
    answer = cli("create-endpoint", "e", config, "--update")
    assert answer.code == 2
    assert "there is no endpoint e" in answer.err


@pytest.fixture
def moving(cli: CommandLine, endpoint: str) -> Iterator[str]:
    """An endpoint that UpdateEndpoint moves at once, but for ``bad-config``, from which SageMaker rolls back."""
    serves = ["shop-config"]

    class Http:
        status_code = 200

    def take(params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        config = json.loads(params["body"])["EndpointConfigName"]
        if config != "bad-config":
            serves[0] = config
        return Http(), {"EndpointArn": "arn"}

    def show(parsed: dict[str, Any], **_: object) -> None:
        if "EndpointName" in parsed:
            parsed["EndpointConfigName"] = serves[0]

    sagemaker = cli.client("sagemaker")
    variant = {"VariantName": "AllTraffic", "ModelName": "shop-model", "InstanceType": "ml.m5.large"}
    for name in ("third-config", "bad-config"):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-call.sagemaker.UpdateEndpoint", take)
    session.events.register("after-call.sagemaker.DescribeEndpoint", show)
    yield endpoint
    session.events.unregister("before-call.sagemaker.UpdateEndpoint", take)
    session.events.unregister("after-call.sagemaker.DescribeEndpoint", show)


def back(cli: CommandLine, endpoint: str) -> str:
    """The configuration that rollback goes back to."""
    config: str = cli.done("rollback", endpoint, "--json").document["endpoint_config"]
    return config


class TestRollback:
    def test_it_goes_back_to_what_served_before_and_again_one_further(self, cli: CommandLine, moving: str) -> None:
        cli.done("create-endpoint", moving, "other-config", "--update")
        cli.done("create-endpoint", moving, "third-config", "--update")
        answer = cli.done("rollback", moving)
        assert answer.out.replace("\n", " ") == (
            "InService endpoint shop-endpoint, back from third-config to other-config "
        )
        assert cli.parameters("UpdateEndpoint")["EndpointConfigName"] == "other-config"
        assert back(cli, moving) == "shop-config"

    def test_after_a_promotion_that_followed_a_rollback_it_goes_back_to_what_really_served(
        self, cli: CommandLine, moving: str
    ) -> None:
        cli.done("create-endpoint", moving, "other-config", "--update")
        assert back(cli, moving) == "shop-config"
        cli.done("create-endpoint", moving, "third-config", "--update")
        assert back(cli, moving) == "shop-config"

    def test_a_promotion_that_sagemaker_refused_is_not_gone_back_to(self, cli: CommandLine, moving: str) -> None:
        cli.done("create-endpoint", moving, "other-config", "--update")
        cli.done("create-endpoint", moving, "bad-config", "--update")
        assert back(cli, moving) == "shop-config"

    def test_without_a_history_it_says_how_to_name_the_configuration(self, cli: CommandLine, moving: str) -> None:
        answer = cli("rollback", moving)
        assert answer.code == 2
        assert "create-endpoint shop-endpoint CONFIG --update" in " ".join(answer.err.split())

    def test_a_configuration_that_is_gone_is_told(self, cli: CommandLine, moving: str) -> None:
        cli.done("create-endpoint", moving, "other-config", "--update")
        cli.client("sagemaker").delete_endpoint_config(EndpointConfigName="shop-config")
        answer = cli("rollback", moving)
        assert answer.code == 2
        assert "there is no endpoint configuration shop-config" in answer.err

    def test_a_history_longer_than_a_tag_keeps_the_newest(self, cli: CommandLine, moving: str) -> None:
        sagemaker = cli.client("sagemaker")
        names = [f"{'x' * 60}-{number}" for number in range(6)]
        for name in names:
            variant = {"VariantName": "AllTraffic", "ModelName": "shop-model", "InstanceType": "ml.m5.large"}
            sagemaker.create_endpoint_config(
                EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
            )
            cli.done("create-endpoint", moving, name, "--update")
        assert len(cli.parameters("AddTags")["Tags"][0]["Value"]) <= 256
        assert back(cli, moving) == names[-2]

    def test_a_dry_run_names_the_move_and_makes_none(self, cli: CommandLine, endpoint: str) -> None:
        assert [name for name, _ in cli.dry("create-endpoint", endpoint, "other-config", "--update")] == [
            "sagemaker.AddTags",
            "sagemaker.UpdateEndpoint",
        ]
        arn = cli.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointArn"]
        cli.client("sagemaker").add_tags(
            ResourceArn=arn, Tags=[{"Key": "CONFIGS", "Value": "shop-config other-config"}]
        )
        assert cli.dry("rollback", endpoint) == [
            ("sagemaker.UpdateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": "other-config"})
        ]


def test_create_endpoint_names_its_call_in_a_dry_run(cli: CommandLine, config: str) -> None:
    assert [name for name, _ in cli.dry("create-endpoint", "e", config)] == ["sagemaker.CreateEndpoint"]


def test_delete_endpoint_keeps_its_config(cli: CommandLine, endpoint: str) -> None:
    assert cli.done("delete-endpoint", endpoint, "--yes").out == "DELETED endpoint shop-endpoint\n"
    sagemaker = cli.client("sagemaker")
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 2


def test_delete_endpoint_with_all_takes_config_model_and_role_too(cli: CommandLine, endpoint: str) -> None:
    iam = cli.client("iam")
    iam.create_role(RoleName="shop-model-role", AssumeRolePolicyDocument="{}", Tags=tag_list("shop"))
    document = cli.done("delete-endpoint", endpoint, "--all", "--yes", "--json").document
    assert document == {
        "endpoint": endpoint,
        "status": "DELETED",
        "deleted_endpoint_config": "shop-config",
        "deleted_models": ["shop-model"],
        "deleted_roles": ["shop-model-role"],
    }
    sagemaker = cli.client("sagemaker")
    assert [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [
        "other-config"
    ]
    assert sagemaker.list_models()["Models"] == []
    assert iam.list_roles()["Roles"] == []


def test_delete_endpoint_with_all_leaves_a_role_that_no_command_made(cli: CommandLine, endpoint: str) -> None:
    iam = cli.client("iam")
    iam.create_role(RoleName="shop-model-role", AssumeRolePolicyDocument="{}")
    cli.done("delete-endpoint", endpoint, "--all", "--yes")
    assert [each["RoleName"] for each in iam.list_roles()["Roles"]] == ["shop-model-role"]


def test_delete_endpoint_names_what_goes_with_it_before_it_asks(cli: CommandLine, endpoint: str) -> None:
    answer = cli("delete-endpoint", endpoint, "--all", stdin=b"n\n", terminal=True)
    assert answer.code == 2
    assert "Delete endpoint shop-endpoint, configuration shop-config, shop-model?" in answer.err.replace("\n", " ")
    assert cli.client("sagemaker").list_endpoints()["Endpoints"] != []


def test_delete_endpoint_names_its_calls_in_a_dry_run(cli: CommandLine, endpoint: str) -> None:
    assert [name for name, _ in cli.dry("delete-endpoint", endpoint, "--all")] == [
        "sagemaker.DeleteEndpoint",
        "sagemaker.DeleteEndpointConfig",
        "sagemaker.DeleteModel",
    ]


def test_a_missing_endpoint_names_the_nearest(cli: CommandLine, endpoint: str) -> None:
    answer = cli("delete-endpoint", endpoint + "s", "--yes")
    assert answer.code == 2
    assert "Did you mean shop-endpoint? See what there is: datastreamer inference list-endpoints" in answer.err


def test_list_endpoints_shows_state_and_configuration(cli: CommandLine, endpoint: str) -> None:
    out = cli.done("list-endpoints").out
    for shown in (endpoint, "InService", "shop-config"):
        assert shown in out
    [listed] = cli.done("list-endpoints", "--json").document["endpoints"]
    assert (listed["name"], listed["status"], listed["config"]) == (endpoint, "InService", "shop-config")


class Runtime:
    """An endpoint that answers what a test says; keeps what it was asked."""

    def __init__(self) -> None:
        self.body = b"0.93\n"
        self.content_type = "text/csv"

    def __call__(self, **_: object) -> tuple[Any, dict[str, Any]]:
        class Http:
            status_code = 200

        body = StreamingBody(io.BytesIO(self.body), len(self.body))  # type: ignore[arg-type]
        return Http(), {"Body": body, "ContentType": self.content_type, "InvokedProductionVariant": "AllTraffic"}


@pytest.fixture
def runtime(cli: CommandLine) -> Iterator[Runtime]:  # noqa: ARG001
    answers = Runtime()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("before-call.sagemaker-runtime", answers)
    yield answers
    session.events.unregister("before-call.sagemaker-runtime", answers)


def test_invoke_endpoint_sends_csv_and_shows_the_prediction(cli: CommandLine, runtime: Runtime) -> None:  # noqa: ARG001
    answer = cli.done("invoke-endpoint", "e", "25.5,60.0,1013.25")
    assert answer.out == "0.93\n"
    assert answer.err.endswith(" ms, variant AllTraffic\n")
    given = cli.parameters("InvokeEndpoint")
    assert (given["Body"], given["ContentType"], given["EndpointName"]) == (b"25.5,60.0,1013.25", "text/csv", "e")


def test_invoke_endpoint_knows_json_when_it_sees_it(cli: CommandLine, runtime: Runtime) -> None:
    runtime.body, runtime.content_type = b'{"predictions": [{"score": 0.1}]}', "application/json"
    document = cli.done("invoke-endpoint", "e", '{"instances": [{"features": [1]}]}', "--json").document
    assert cli.parameters("InvokeEndpoint")["ContentType"] == "application/json"
    assert document.pop("milliseconds") >= 0
    assert document == {
        "endpoint": "e",
        "variant": "AllTraffic",
        "content_type": "application/json",
        "prediction": {"predictions": [{"score": 0.1}]},
    }


def test_invoke_endpoint_answers_rows_of_csv_as_rows(cli: CommandLine, runtime: Runtime) -> None:
    runtime.body = b"0.1,0.9\n0.3,0.7\n"
    assert cli.done("invoke-endpoint", "e", "1,2", "--json").document["prediction"] == [[0.1, 0.9], [0.3, 0.7]]


def test_invoke_endpoint_takes_type_and_variant(cli: CommandLine, runtime: Runtime) -> None:  # noqa: ARG001
    cli.done("invoke-endpoint", "e", "1:2", "--content-type", "text/libsvm", "--variant", "blue")
    given = cli.parameters("InvokeEndpoint")
    assert (given["ContentType"], given["TargetVariant"]) == ("text/libsvm", "blue")


def test_invoke_endpoint_reads_standard_input(cli: CommandLine, runtime: Runtime) -> None:  # noqa: ARG001
    cli.done("invoke-endpoint", "e", "-", stdin=b"1,2\n3,4\n")
    assert cli.parameters("InvokeEndpoint")["Body"] == b"1,2\n3,4\n"


def test_invoke_endpoint_without_data_says_what_to_give(cli: CommandLine) -> None:
    answer = cli("invoke-endpoint", "e", "")
    assert answer.code == 2
    assert "there is nothing to send" in answer.err


def test_a_model_that_refuses_is_told_in_its_words(cli: CommandLine, refusing: Any) -> None:
    refusing(
        "InvokeEndpoint",
        "ModelError",
        "Received client error (400) from primary",
        OriginalMessage="Feature shape mismatch, expected: 3, got 2\nTraceback (most recent call last):\n  …",
        OriginalStatusCode=400,
        LogStreamArn="arn:aws:logs:…:log-group:/aws/sagemaker/Endpoints/e",
    )
    answer = cli("invoke-endpoint", "e", "1,2")
    assert answer.code == 1
    assert "the model of endpoint e answered 400: Feature shape mismatch, expected: 3, got 2. Does" in answer.err
    assert "Traceback" not in answer.err
    assert "/aws/sagemaker/Endpoints/e" in answer.err


def test_a_model_that_gives_no_answer_in_time_is_asked_once(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def silent(_: object, request: Any) -> None:
        asked.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", silent)
    # moto answers before anything is sent.
    monkeypatch.setattr("moto.core.botocore_stubber.BotocoreStubber.__call__", lambda *_, **__: None)
    answer = cli("invoke-endpoint", "e", "1,2")
    assert (answer.code, len(asked)) == (1, 1)
    assert "the model of endpoint e gave no answer in 60 s" in answer.err


@pytest.mark.parametrize(
    ("status", "words", "shown"),
    [
        (0, "Your invocation timed out while waiting for a response from container primary.", "gave no answer in 60 s"),
        (0, "Amazon SageMaker could not get a response from the e endpoint. This can", "could not get a response from"),
        (
            500,
            "<!DOCTYPE HTML>\n<title>500 Internal Error</title>\n<h1>x</h1>",
            "answered 500: 500 Internal Error. Does",
        ),
    ],
)
def test_what_a_model_says_in_place_of_an_answer_is_a_line(
    cli: CommandLine, refusing: Any, status: int, words: str, shown: str
) -> None:
    refusing("InvokeEndpoint", "ModelError", "…", OriginalMessage=words, OriginalStatusCode=status)
    answer = cli("invoke-endpoint", "e", "1,2")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert shown in answer.err


def test_an_endpoint_that_is_not_there_is_told(cli: CommandLine, endpoint: str, refusing: Any) -> None:
    refusing("InvokeEndpoint", "ValidationError", "Endpoint x of account 123456789012 not found.")
    answer = cli("invoke-endpoint", endpoint + "s", "1,2")
    assert answer.code == 2
    assert "there is no endpoint shop-endpoints in ap-northeast-1. Did you mean shop-endpoint?" in answer.err


def test_an_endpoint_that_is_not_in_service_is_told(
    cli: CommandLine, endpoint: str, refusing: Any, statuses: list[dict[str, Any]]
) -> None:
    statuses += [{"EndpointStatus": "Creating"}]
    refusing("InvokeEndpoint", "ValidationError", "Endpoint shop-endpoint of account 123456789012 not found.")
    answer = cli("invoke-endpoint", endpoint, "1,2")
    assert answer.code == 1
    assert "endpoint shop-endpoint is Creating, not InService" in answer.err
