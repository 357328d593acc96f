"""How endpoints pass from one deployment to the next: updates, rollbacks, shares, instances."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import SCIKIT_LEARN, SCRIPT, Hosting, script, xgboost_archive
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

NAMED = """
import os, time
def pass_gate(path):
    while path and not os.path.exists(path):
        time.sleep(0.01)
pass_gate(os.environ.get("START_GATE"))
def model_fn(model_dir): return os.environ["NAME"]
def transform_fn(model, body, content_type, accept):
    if "BEGUN" in os.environ:
        open(os.environ["BEGUN"], "w").close()
    time.sleep(float(os.environ.get("SLOW", "0")))
    pass_gate(os.environ.get("GATE"))
    return model, "text/plain"
"""
"""A model that answers its own name. It is loaded when the file START_GATE is there, makes the file BEGUN at an
invocation, and answers when the file GATE is there."""


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


def named(hosting: Hosting, name: str, **environment: str) -> str:
    """A model that answers ``name``."""
    return hosting.model(script(NAMED), SCIKIT_LEARN, {**SCRIPT, "NAME": name, **environment})


def one(hosting: Hosting, model: str, **more: Any) -> str:
    return hosting.config({"ModelName": model, **more})


def update(hosting: Hosting, endpoint: str, config: str, **more: Any) -> dict[str, Any]:
    """The endpoint's description once the update is over."""
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **more)
    return hosting.settled(endpoint)


def pids(stage: RunningStage, endpoint: str, variant: str = "AllTraffic") -> list[int]:
    """The processes that the stage names for a variant."""
    path = stage.data_dir / "work" / "sagemaker" / endpoint / f"{variant}.pid"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() if Path("/proc").exists() else os.getpgid(pid) > 0


@contextmanager
def invoked_all_the_time(hosting: Hosting, endpoint: str) -> Iterator[list[str]]:
    """Invoke from two threads while the block runs; yields what came back, errors included."""
    answers: list[str] = []
    over = threading.Event()

    def invoke() -> None:
        while not over.is_set():
            try:
                answers.append(hosting.invoke(endpoint, "1"))
            except ClientError as error:
                answers.append(str(error))

    threads = [threading.Thread(target=invoke) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_an_update_leaves_no_invocation_unanswered(hosting: Hosting, stage: RunningStage) -> None:
    old, new = named(hosting, "old", SLOW="0.3"), named(hosting, "new")
    endpoint = hosting.endpoint(one(hosting, old))
    replaced = pids(stage, endpoint)
    config = one(hosting, new)
    with invoked_all_the_time(hosting, endpoint) as answers:
        eventually(lambda: "old" in answers)
        description = update(hosting, endpoint, config)
        eventually(lambda: "new" in answers)
    assert set(answers) == {"old", "new"}
    assert answers.index("new") > 0
    assert description["EndpointConfigName"] == config
    assert "FailureReason" not in description
    eventually(lambda: not any(alive(pid) for pid in replaced))
    [pid] = pids(stage, endpoint)
    assert alive(pid)


def test_an_update_that_fails_leaves_the_old_variants_in_service(hosting: Hosting, stage: RunningStage) -> None:
    endpoint = hosting.endpoint(first := one(hosting, named(hosting, "old")))
    before = pids(stage, endpoint)
    broken = hosting.model(script("raise ValueError('this model is broken')"), SCIKIT_LEARN)
    with invoked_all_the_time(hosting, endpoint) as answers:
        description = update(hosting, endpoint, one(hosting, broken))
        eventually(lambda: len(answers) > 5)
    assert set(answers) == {"old"}
    assert description["EndpointStatus"] == "InService"
    assert description["EndpointConfigName"] == first
    assert "ValueError: this model is broken" in description["FailureReason"]
    assert "PendingDeploymentSummary" not in description
    assert pids(stage, endpoint) == before
    assert "FailureReason" not in update(hosting, endpoint, one(hosting, named(hosting, "third")))
    assert hosting.invoke(endpoint, "1") == "third"


def test_an_endpoint_in_transition_is_left_alone(hosting: Hosting, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = one(hosting, named(hosting, "slow", START_GATE=str(gate)))
    endpoint = hosting.begin(slow)
    assert hosting.describe(endpoint)["EndpointStatus"] == "Creating"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=slow)
    with pytest.raises(ClientError, match=r"ValidationError.*not found"):
        hosting.invoke(endpoint, "1")
    gate.touch()
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    gate.unlink()
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=slow)
    description = hosting.describe(endpoint)
    assert description["EndpointStatus"] == "Updating"
    assert description["PendingDeploymentSummary"]["EndpointConfigName"] == slow
    assert hosting.invoke(endpoint, "1") == "slow"
    gate.touch()


def test_traffic_is_shared_out_by_weight(hosting: Hosting) -> None:
    config = hosting.config(
        {"VariantName": "a", "ModelName": named(hosting, "a"), "InitialVariantWeight": 3},
        {"VariantName": "b", "ModelName": named(hosting, "b"), "InitialVariantWeight": 1},
    )
    endpoint = hosting.endpoint(config)
    answers = [hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"1") for _ in range(200)]
    variants = Counter(answer["InvokedProductionVariant"] for answer in answers)
    assert 110 <= variants["a"] <= 185
    assert all(each["Body"].read().decode() == each["InvokedProductionVariant"] for each in answers)
    assert {hosting.invoke(endpoint, "1", TargetVariant="b") for _ in range(5)} == {"b"}
    with pytest.raises(ClientError, match=r"ValidationError.*Variant c not found"):
        hosting.invoke(endpoint, "1", TargetVariant="c")

    weights = [{"VariantName": "a", "DesiredWeight": 0.0}, {"VariantName": "b", "DesiredWeight": 5.0}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=weights)
    assert {hosting.invoke(endpoint, "1") for _ in range(20)} == {"b"}
    assert hosting.invoke(endpoint, "1", TargetVariant="a") == "a"
    shown = hosting.describe(endpoint)["ProductionVariants"]
    assert [(each["CurrentWeight"], each["DesiredWeight"]) for each in shown] == [(0.0, 0.0), (5.0, 5.0)]


def test_an_instance_is_a_process(hosting: Hosting, stage: RunningStage) -> None:
    endpoint = hosting.endpoint(one(hosting, named(hosting, "many"), InitialInstanceCount=2))
    first = pids(stage, endpoint)
    assert len(set(first)) == 2
    resize(hosting, endpoint, 3)
    assert pids(stage, endpoint)[:2] == first
    assert len(pids(stage, endpoint)) == 3
    resize(hosting, endpoint, 1)
    eventually(lambda: len(pids(stage, endpoint)) == 1)
    assert pids(stage, endpoint) == first[:1]
    eventually(lambda: not alive(first[1]))
    assert hosting.invoke(endpoint, "1") == "many"


def resize(hosting: Hosting, endpoint: str, count: int) -> None:
    wanted = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=wanted)
    [shown] = hosting.settled(endpoint)["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (count, count)


ANSWERS_TWO_TOGETHER = """
import os, time, uuid
def model_fn(model_dir): return str(os.getpid())
def transform_fn(model, body, content_type, accept):
    open(os.path.join(body, uuid.uuid4().hex), "w").close()
    deadline = time.monotonic() + 50
    while len(os.listdir(body)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    return model, "text/plain"
"""
"""A model that answers its process's id once two invocations have come; each leaves a file in the folder ``body``."""


def test_invocations_go_to_the_instance_with_fewest_in_flight(hosting: Hosting, tmp_path: Path) -> None:
    model = hosting.model(script(ANSWERS_TWO_TOGETHER), SCIKIT_LEARN)
    endpoint = hosting.endpoint(one(hosting, model, InitialInstanceCount=2))
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(hosting.invoke(endpoint, str(tmp_path)))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 2


def test_an_update_can_keep_weights_and_counts(hosting: Hosting) -> None:
    model = named(hosting, "kept")
    endpoint = hosting.endpoint(one(hosting, model))
    resize(hosting, endpoint, 2)
    kept = update(hosting, endpoint, one(hosting, model), RetainAllVariantProperties=True)
    assert kept["ProductionVariants"][0]["DesiredInstanceCount"] == 2
    counts = [{"VariantPropertyType": "DesiredInstanceCount"}]
    reset = update(
        hosting,
        endpoint,
        one(hosting, model),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=counts,
    )
    assert reset["ProductionVariants"][0]["DesiredInstanceCount"] == 1


def test_a_serverless_variant_throttles_beyond_its_concurrency(hosting: Hosting, tmp_path: Path) -> None:
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    model = named(hosting, "serverless", BEGUN=str(begun), GATE=str(gate))
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    endpoint = hosting.endpoint(hosting.config({"ModelName": model, "ServerlessConfig": serverless}))
    [shown] = hosting.describe(endpoint)["ProductionVariants"]
    assert shown["CurrentServerlessConfig"] == serverless
    assert "CurrentInstanceCount" not in shown
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hosting.invoke, endpoint, "1")
        eventually(begun.exists)
        for _ in range(2):
            with pytest.raises(ClientError, match="ThrottlingException"):
                hosting.invoke(endpoint, "1")
        gate.touch()
        assert first.result() == "serverless"
    with pytest.raises(ClientError, match="DesiredInstanceCount cannot be set for serverless variant"):
        resize(hosting, endpoint, 2)


def test_an_endpoint_with_instances_is_not_moved_to_serverless_hosting(hosting: Hosting) -> None:
    model = named(hosting, "moved")
    serverless = {"ModelName": model, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}
    endpoint = hosting.endpoint(one(hosting, model))
    with pytest.raises(ClientError, match="cannot be updated to serverless hosting"):
        update(hosting, endpoint, hosting.config(serverless))
    other = hosting.endpoint(hosting.config(serverless))
    assert "CurrentInstanceCount" in update(hosting, other, one(hosting, model))["ProductionVariants"][0]


BLUE_GREEN = {
    "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
}


def test_a_deployment_all_at_once_is_taken_and_shown(hosting: Hosting) -> None:
    endpoint = hosting.endpoint(one(hosting, named(hosting, "a")))
    description = update(hosting, endpoint, one(hosting, named(hosting, "b")), DeploymentConfig=BLUE_GREEN)
    assert description["LastDeploymentConfig"] == BLUE_GREEN
    kept = update(hosting, endpoint, one(hosting, named(hosting, "c")), RetainDeploymentConfig=True)
    assert kept["LastDeploymentConfig"] == BLUE_GREEN


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (
            {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 60}}},
            "CanarySize is required for traffic routing CANARY",
        ),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "RollingUpdatePolicy",
        ),
        ({**BLUE_GREEN, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}, "AutoRollbackConfiguration"),
    ],
)
def test_a_deployment_in_steps_is_refused(hosting: Hosting, config: dict[str, Any], reason: str) -> None:
    made = one(hosting, hosting.model(xgboost_archive()))
    with pytest.raises(ClientError, match=reason):
        hosting.sagemaker.create_endpoint(EndpointName="refused", EndpointConfigName=made, DeploymentConfig=config)


def test_the_old_variants_stay_as_long_as_they_are_told(hosting: Hosting, stage: RunningStage) -> None:
    def replace(wait_seconds: int) -> tuple[str, int]:
        """An endpoint that answers by its new variant, and the process of the old one."""
        endpoint = hosting.endpoint(one(hosting, named(hosting, "old")))
        [old] = pids(stage, endpoint)
        policy = {**BLUE_GREEN["BlueGreenUpdatePolicy"], "TerminationWaitInSeconds": wait_seconds}
        hosting.sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=one(hosting, named(hosting, "new")),
            DeploymentConfig={"BlueGreenUpdatePolicy": policy},
        )
        eventually(lambda: hosting.invoke(endpoint, "1"), "new")
        return endpoint, old

    endpoint, old = replace(3600)
    assert hosting.describe(endpoint)["EndpointStatus"] == "Updating"
    assert alive(old)
    endpoint, old = replace(1)
    eventually(lambda: not alive(old))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"


def test_a_resize_that_is_wrong_is_refused(hosting: Hosting) -> None:
    endpoint = hosting.endpoint(one(hosting, named(hosting, "a")))
    change = hosting.sagemaker.update_endpoint_weights_and_capacities
    for wanted, reason in (
        ({"VariantName": "none", "DesiredWeight": 1}, "not present within endpoint"),
        ({"VariantName": "AllTraffic", "DesiredInstanceCount": 0}, "must be at least 1"),
        ({"VariantName": "AllTraffic", "DesiredInstanceCount": 50}, "ResourceLimitExceeded"),
        ({"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 2}}, "ServerlessUpdateConfig"),
    ):
        with pytest.raises(ClientError, match=reason):
            change(EndpointName=endpoint, DesiredWeightsAndCapacities=[wanted])
    nothing = {"VariantName": "AllTraffic", "DesiredWeight": 0}
    change(EndpointName=endpoint, DesiredWeightsAndCapacities=[nothing])
    hosting.settled(endpoint)
    with pytest.raises(ClientError, match=r"ValidationError.*No variant with a weight above 0"):
        hosting.invoke(endpoint, "1")


def test_a_deleted_endpoint_leaves_nothing_behind(hosting: Hosting, stage: RunningStage) -> None:
    endpoint = hosting.endpoint(one(hosting, named(hosting, "gone")))
    [pid] = pids(stage, endpoint)
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    eventually(lambda: not alive(pid))
    eventually(lambda: not (stage.data_dir / "work" / "sagemaker" / endpoint).exists())
    eventually(lambda: not (stage.data_dir / "state" / "engines" / "sagemaker-models" / endpoint).exists())
