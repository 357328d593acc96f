"""A function's process and folder go when they are to, whatever is under way."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws_stage.engines.lambda_runtime.environment import Call, Outcome
from aws_stage.engines.lambda_runtime.functions import Code
from aws_stage.engines.lambda_runtime.instance import FunctionInstance, Host
from aws_stage.engines.lambda_runtime.runtime_folder import RuntimeFolder
from aws_stage.testing.waiting import PATIENCE, eventually

ARN = "arn:aws:lambda:eu-central-1:000000000000:function:function"
CONFIG = {
    "FunctionName": "function",
    "FunctionArn": ARN,
    "Runtime": "python3.11",
    "Handler": "handler.handler",
    "Timeout": 60,
}
WAITING = """
import os, time
def handler(event, context):
    open(event, "w").write(str(os.getpid()))
    while True:
        time.sleep(0.01)
"""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    (tmp_path / "functions").mkdir()
    return Host(tmp_path / "functions", RuntimeFolder(tmp_path / "runtime"), "http://127.0.0.1:1", lambda _config: {})


def instance_of(host: Host, source: str, layers: Callable[[], list[bytes]] = list) -> FunctionInstance:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", source)
    return FunctionInstance(host, CONFIG, Code(content.getvalue(), layers))


def invoke(instance: FunctionInstance, event: object, seconds: float = 60.0) -> Outcome:
    return instance.invoke(Call("id", ARN, seconds, "Root=1-0-0"), json.dumps(event).encode())


def test_what_runs_ends_at_once_and_leaves_nothing(host: Host, tmp_path: Path) -> None:
    instance, started = instance_of(host, WAITING), tmp_path / "started"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, instance, str(started))
        eventually(lambda: started.exists() and started.read_text())
        instance.end()
        outcome = running.result(timeout=PATIENCE)
    assert outcome.error
    assert json.loads(outcome.content)["errorType"] == "Runtime.ExitError"
    assert not Path("/proc", started.read_text()).exists()
    assert list(host.folder.iterdir()) == []


def test_what_is_about_to_start_is_not_waited_for_and_ends_afterwards(host: Host) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def layers() -> list[bytes]:
        reached.set()
        assert go_on.wait(PATIENCE)
        return []

    instance = instance_of(host, WAITING, layers)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(instance.start)
        assert reached.wait(PATIENCE)
        instance.end()
        assert not starting.done()
        go_on.set()
        starting.result(timeout=PATIENCE)
    assert list(host.folder.iterdir()) == []


def test_a_process_serves_many_and_the_next_one_begins_afresh(host: Host) -> None:
    instance = instance_of(host, "import os\nn = 0\ndef handler(event, context):\n  global n; n += 1\n  return n")
    assert [invoke(instance, None).content for _ in range(3)] == [b"1", b"2", b"3"]
    instance.end()
    assert list(host.folder.iterdir()) == []
    assert invoke(instance, None).content == b"1"


def test_an_answer_to_another_invocation_is_refused(host: Host) -> None:
    instance = instance_of(
        host,
        """
import http.client, os
def handler(event, context):
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    api.request("POST", "/2018-06-01/runtime/invocation/other/response", b'"forged"')
    answer = api.getresponse()
    return [answer.status, answer.read().decode()]
""",
    )
    status, error = json.loads(invoke(instance, None).content)
    instance.end()
    assert (status, json.loads(error)["errorType"]) == (400, "InvalidRequestID")


def test_a_function_that_is_stopped_in_its_tracks_times_out(host: Host) -> None:
    source = "import os, signal\ndef handler(event, context):\n  os.kill(os.getpid(), signal.SIGSTOP)"
    instance = instance_of(host, source)
    instance.start()
    outcome = invoke(instance, None, seconds=0.5)
    instance.end()
    assert json.loads(outcome.content)["errorType"] == "Sandbox.Timedout"


def test_a_function_that_prints_without_end_times_out(host: Host) -> None:
    instance = instance_of(host, "def handler(event, context):\n  while True: print('x' * 1000)")
    instance.start()
    outcome = invoke(instance, None, seconds=0.5)
    instance.end()
    assert json.loads(outcome.content)["errorType"] == "Sandbox.Timedout"


def test_an_answer_comes_while_another_thread_prints_without_end(host: Host) -> None:
    instance = instance_of(
        host,
        """
import os, threading
def flood():
    while True:
        os.write(1, b"x" * 60_000)
def handler(event, context):
    threading.Thread(target=flood, daemon=True).start()
    return "answer"
""",
    )
    assert [invoke(instance, None).content for _ in range(2)] == [b'"answer"', b'"answer"']
    instance.end()
