"""Server processes: killed, crashing, restarted with the stage, and never left behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.models import BUCKET, SCIKIT_LEARN, SCRIPT, Hosting, script, xgboost_archive
from aws_stage.testing.waiting import PATIENCE, eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

PID = """
import os, time
while os.path.exists(os.environ.get("BARRIER", "")):
    time.sleep(0.01)
def model_fn(model_dir): return str(os.getpid())
def transform_fn(model, body, content_type, accept):
    if body == "fork":
        child = os.fork()
        if child == 0:
            time.sleep(300)
        return str(child), accept
    return model, accept
"""
"""Answers its process's id; it is not loaded while the file BARRIER is there."""
NEVER_ANSWERS = """
import os, time
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    open(os.environ["BEGUN"], "w").close()
    time.sleep(300)
"""
CRASHES_ON_ITS_SECOND_START = """
import os, pathlib
started = pathlib.Path(os.environ["SM_MODEL_DIR"], "started")
if started.exists(): raise SystemExit(1)
started.touch()
def model_fn(model_dir): return "up"
def transform_fn(model, body, content_type, accept):
    if body == "die": os._exit(1)
    return model, accept
"""


def pid_file(stage: RunningStage, endpoint: str) -> Path:
    return stage.data_dir / "work" / "sagemaker" / endpoint / "AllTraffic.pid"


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


def answer(hosting: Hosting, endpoint: str, body: str = "1") -> str | None:
    """What the endpoint answers, None while it says that it is not available."""
    try:
        return hosting.invoke(endpoint, body)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ModelError"):
            raise
        return None


def test_a_killed_server_is_started_again(stage: RunningStage) -> None:
    hosting = Hosting(stage)
    endpoint = hosting.serve(script(PID), SCIKIT_LEARN)
    [first] = map(int, pid_file(stage, endpoint).read_text().split())
    assert hosting.invoke(endpoint, "1") == str(first)
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: answer(hosting, endpoint))
    assert second != str(first)
    assert pid_file(stage, endpoint).read_text().split() == [second]
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"


def test_while_one_instance_is_down_the_other_one_answers(stage: RunningStage, tmp_path: Path) -> None:
    hosting, barrier = Hosting(stage), tmp_path / "barrier"
    model = hosting.model(script(PID), SCIKIT_LEARN, {**SCRIPT, "BARRIER": str(barrier)})
    endpoint = hosting.endpoint(hosting.config({"ModelName": model, "InitialInstanceCount": 2}))
    killed, other = map(int, pid_file(stage, endpoint).read_text().split())
    barrier.touch()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: gone(killed))
    assert [hosting.invoke(endpoint, "1") for _ in range(3)] == [str(other)] * 3
    barrier.unlink()


def test_a_server_that_keeps_crashing_is_unavailable_at_once(stage: RunningStage) -> None:
    hosting = Hosting(stage)
    endpoint = hosting.serve(script(CRASHES_ON_ITS_SECOND_START), SCIKIT_LEARN)
    assert hosting.invoke(endpoint, "1") == "up"
    with pytest.raises(ClientError):
        hosting.invoke(endpoint, "die")
    codes = set()
    for _ in range(10):
        with pytest.raises(ClientError) as caught:
            hosting.invoke(endpoint, "1")
        codes.add(caught.value.response["Error"]["Code"])
    assert codes == {"ServiceUnavailable"}
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_its_stage_and_each_comes_back_with_it(
    new_stage: Callable[..., RunningStage], how: signal.Signals
) -> None:
    stage = new_stage()
    hosting = Hosting(stage)
    model = hosting.model(xgboost_archive())
    endpoint = hosting.endpoint(hosting.config({"ModelName": model}))
    forking = hosting.serve(script(PID), SCIKIT_LEARN)
    expected = hosting.invoke(endpoint, "1,2,3")
    processes = [int(pid_file(stage, each).read_text()) for each in (endpoint, forking)]
    processes.append(int(hosting.invoke(forking, "fork")))
    hosting.s3.delete_object(Bucket=BUCKET, Key=f"{model}/model.tar.gz")
    stopped = []
    if how == signal.SIGKILL:  # a process that cannot even see that its stage is gone is ended by the next stage
        stopped = [processes.pop(0)]
        os.kill(stopped[0], signal.SIGSTOP)
    kill_stage(stage, how)
    eventually(lambda: all(map(gone, processes)))
    stage.start()
    assert all(map(gone, stopped))
    hosting = Hosting(stage)
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"
    assert eventually(lambda: answer(hosting, endpoint, "1,2,3")) == expected
    assert eventually(lambda: answer(hosting, forking)) not in map(str, processes)


def kill_stage(stage: RunningStage, how: signal.Signals) -> None:
    """End the stage's own process and no other one: a server must see by itself that its stage is gone."""
    assert stage.process is not None
    stage.process.send_signal(how)
    stage.process.wait(timeout=PATIENCE)
    stage.process = None


def test_what_was_under_way_when_the_stage_was_killed_is_taken_up_again(
    new_stage: Callable[..., RunningStage], tmp_path: Path
) -> None:
    stage = new_stage()
    hosting, barrier = Hosting(stage), tmp_path / "barrier"
    barrier.touch()
    serving = hosting.serve(xgboost_archive())
    model = hosting.model(script(PID), SCIKIT_LEARN, {**SCRIPT, "BARRIER": str(barrier)})
    config = hosting.config({"ModelName": model})
    update = threading.Thread(
        target=hosting.sagemaker.update_endpoint, kwargs={"EndpointName": serving, "EndpointConfigName": config}
    )
    update.start()
    creating = hosting.begin(config)
    update.join()
    assert hosting.describe(serving)["EndpointStatus"] == "Updating"
    assert hosting.describe(creating)["EndpointStatus"] == "Creating"
    kill_stage(stage, signal.SIGKILL)
    stage.start()
    hosting = Hosting(stage)
    assert "." in str(eventually(lambda: answer(hosting, serving, "1,2,3"))), "a score of the old model, not a pid"
    barrier.unlink()
    for endpoint in (serving, creating):
        description = hosting.settled(endpoint)
        assert (description["EndpointStatus"], description["EndpointConfigName"]) == ("InService", config)
        assert hosting.invoke(endpoint, "1").isdigit()


def test_a_stage_stops_without_waiting_for_a_model_that_does_not_answer(
    new_stage: Callable[..., RunningStage], tmp_path: Path
) -> None:
    stage = new_stage()
    hosting, begun = Hosting(stage), tmp_path / "begun"
    model = hosting.model(script(NEVER_ANSWERS), SCIKIT_LEARN, {**SCRIPT, "BEGUN": str(begun)})
    endpoint = hosting.endpoint(hosting.config({"ModelName": model}))
    pid = int(pid_file(stage, endpoint).read_text())
    caller = threading.Thread(target=answer, args=(hosting, endpoint))
    caller.start()
    eventually(begun.exists)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=hosting.config({"ModelName": model}))
    hosting.settled(endpoint)
    assert not gone(pid)
    kill_stage(stage, signal.SIGTERM)
    assert gone(pid)
    caller.join()
