"""Python functions on the local stage run as on AWS: alone, logged, limited and counted."""

from __future__ import annotations

import json
import os
import signal
import uuid
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create, fail, invoke, logged, metric, settle, zipped
from aws_stage.testing.waiting import PATIENCE, eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

PROCESS = """
    import os
    def handler(event, context):
        print("said", event)
        if event == "die":
            os.kill(os.getpid(), 9)
        if event == "raise":
            raise ValueError("no good")
        return os.getpid()
"""


GATED = """
    import os, time
    def handler(event, context):
        open(os.path.join(event, f"started-{{os.getpid()}}"), "w").close()
        while not os.path.exists(os.path.join(event, "gate")):
            time.sleep(0.01)
        return {answer}
"""


def _started(folder: Path) -> int:
    """How many processes of a gated function have come as far as the gate."""
    return len(list(folder.glob("started-*")))


def test_a_function_sees_its_own_code_and_the_runtime_alone(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        import importlib, os
        def found(name):
            try:
                return bool(importlib.import_module(name))
            except ImportError:
                return False
        def handler(event, context):
            return {"modules": {name: found(name) for name in event}, "environment": dict(os.environ)}
        """,
        Environment={"Variables": {"OWN": "value"}},
    )
    runtime = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"]
    forgotten = ["numpy", "orjson", "ministack", "aws_stage", "aws_lambda_powertools", "pytest"]
    answer = invoke(stage, name, runtime + forgotten)
    assert answer["modules"] == {**dict.fromkeys(runtime, True), **dict.fromkeys(forgotten, False)}
    environment = answer["environment"]
    assert environment["OWN"] == "value"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert not [key for key in environment if key.startswith(("AWS_STAGE", "PYTHON", "VIRTUAL_ENV", "STATE_DIR"))]
    assert not environment.keys() & {"HOME", "USER", "PWD"}


def test_layers_come_after_the_functions_own_code(stage: RunningStage) -> None:
    layer = stage.client("lambda").publish_layer_version(
        LayerName=f"layer-{uuid.uuid4().hex[:8]}",
        Content={"ZipFile": zipped("", **{"python/both.py": "WHOSE = 'layer'", "python/other.py": "WHOSE = 'layer'"})},
    )["LayerVersionArn"]
    source = "import both, other\ndef handler(event, context): return [both.WHOSE, other.WHOSE]"
    name = create(stage, source, Layers=[layer], Code={"ZipFile": zipped(source, **{"both.py": "WHOSE = 'function'"})})
    assert invoke(stage, name) == ["function", "layer"]


def test_a_function_reaches_the_stage(stage: RunningStage) -> None:
    source = "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()['Account']"
    assert invoke(stage, create(stage, source)) == "000000000000"


def test_the_payload_passes_through_and_what_is_not_json_is_refused(stage: RunningStage) -> None:
    name = create(stage, "def handler(event, context): return event")
    for event in ({"a": [1, 2.5, None, "é\u2028"]}, [], "text", 5, None):
        assert invoke(stage, name, event) == event
    functions = stage.client("lambda", attempts=1)
    for payload, code, status in ((b"{no", "InvalidRequestContentException", 400), (b" " * 6_300_000, "413", 413)):
        with pytest.raises(ClientError) as error:
            functions.invoke(FunctionName=name, Payload=payload)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        if status == 400:
            assert error.value.response["Error"]["Code"] == code


def test_an_exception_is_the_answer_and_leaves_the_process_as_it_is(stage: RunningStage) -> None:
    name = create(stage, PROCESS)
    process = invoke(stage, name)
    error = fail(stage, name, "raise")
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no good")
    assert len(error["stackTrace"]) == 1
    assert "in handler" in error["stackTrace"][0]
    assert invoke(stage, name) == process


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import numpy", "Runtime.ImportModuleError", "Unable to import module 'handler': No module named 'numpy'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'handler'"),
        ("{}['gone']", "KeyError", "'gone'"),
        ("def handler(event, context): return object()", "Runtime.MarshalError", "Unable to marshal response"),
        ("import sys\ndef handler(event, context): sys.exit(3)", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_what_goes_wrong_is_named_as_lambda_names_it(stage: RunningStage, source: str, kind: str, message: str) -> None:
    error = fail(stage, create(stage, source))
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


def test_a_killed_process_is_an_error_and_the_next_invocation_has_a_fresh_one(
    stage: RunningStage, tmp_path: Path
) -> None:
    name = create(stage, PROCESS)
    first = invoke(stage, name)
    assert fail(stage, name, "die")["errorType"] == "Runtime.ExitError"
    assert invoke(stage, name) != first

    held = create(stage, GATED.format(answer="os.getpid()"))
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(fail, stage, held, str(tmp_path))
        eventually(lambda: _started(tmp_path))
        [started] = tmp_path.glob("started-*")
        os.kill(int(started.name.removeprefix("started-")), signal.SIGKILL)  # in the middle of the invocation
        assert answer.result()["errorType"] == "Runtime.ExitError"
    assert [lines for lines in logged(stage, held).values() if any("signal: killed" in line for line in lines)]


def test_a_function_is_ended_at_its_timeout_with_what_it_printed(stage: RunningStage) -> None:
    source = "import time\ndef handler(event, context):\n  print('before')\n  time.sleep(30)"
    name = create(stage, source, Timeout=3)
    error = fail(stage, name)
    assert error["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 3.00 seconds" in error["errorMessage"]
    [lines] = logged(stage, name).values()
    assert lines[1] == "before"
    assert lines[2].endswith("Task timed out after 3.00 seconds")


def test_what_is_printed_lands_in_one_stream_an_environment(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        import logging, os, subprocess, sys
        logging.getLogger().setLevel("INFO")
        def handler(event, context):
            print("out", event)
            print("err", file=sys.stderr)
            logging.getLogger("own").info("told")
            subprocess.run(["echo", "child"])
            print("no newline", end="")
            return [context.log_stream_name, context.aws_request_id]
        """,
    )
    answers = [invoke(stage, name, number) for number in (1, 2)]
    streams = logged(stage, name)
    assert list(streams) == [answers[0][0]] == [answers[1][0]]
    lines = streams[answers[0][0]]
    assert len(lines) == 16
    for number, (_, request_id) in enumerate(answers, 1):
        own = lines[8 * (number - 1) : 8 * number]
        assert own[0] == f"START RequestId: {request_id} Version: $LATEST"
        assert own[1:3] == [f"out {number}", "err"]
        assert own[3].startswith("[INFO]\t")
        assert own[3].endswith(f"Z\t{request_id}\ttold")
        assert own[4:7] == ["child", "no newline", f"END RequestId: {request_id}"]
        assert own[7].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
        assert ("Init Duration" in own[7]) == (number == 1)


def test_what_a_function_has_printed_is_written_and_counted_while_it_runs(stage: RunningStage, tmp_path: Path) -> None:
    name = create(
        stage,
        """
        import json, os, time
        print("loading")
        def handler(event, context):
            print("before")
            about = {"Namespace": "Running", "Dimensions": [["f"]], "Metrics": [{"Name": "Tries"}]}
            aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [about]}
            print(json.dumps({"_aws": aws, "f": context.function_name, "Tries": 3}))
            while not os.path.exists(os.path.join(event, "gate")):
                time.sleep(0.01)
            print("after")
        """,
        Timeout=60,
    )
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(invoke, stage, name, str(tmp_path))
        try:
            eventually(lambda: metric(stage, "Running", "Tries", {"f": name}), 3)
            [lines] = logged(stage, name).values()
            assert (lines[0][:5], lines[1:3]) == ("START", ["loading", "before"])
            assert not running.done()
        finally:
            (tmp_path / "gate").touch()
        running.result()
    [lines] = logged(stage, name).values()
    assert [line.partition(" ")[0].partition(":")[0] for line in lines] == [
        "START",
        "loading",
        "before",
        '{"_aws"',
        "after",
        "END",
        "REPORT",
    ]


def test_the_end_of_the_log_comes_with_the_answer_when_asked(stage: RunningStage) -> None:
    name = create(stage, PROCESS)
    answer = stage.client("lambda").invoke(FunctionName=name, Payload=b'"hello"', LogType="Tail")
    assert "said hello" in b64decode(answer["LogResult"]).decode()


def test_functions_do_not_wait_for_each_other(stage: RunningStage, tmp_path: Path) -> None:
    waiting, quick = create(stage, GATED.format(answer="os.getpid()")), create(stage, PROCESS)
    with ThreadPoolExecutor(20) as pool:
        held = [pool.submit(invoke, stage, waiting, str(tmp_path)) for _ in range(6)]
        eventually(lambda: _started(tmp_path), 6)
        assert len({invoke(stage, quick) for _ in range(5)}) == 1
        assert not any(one.done() for one in held)
        (tmp_path / "gate").touch()
        environments = {one.result(timeout=PATIENCE) for one in held}
    assert len(environments) == 6, "what runs at once has environments of its own"


def test_reserved_concurrency_throttles_and_counts(stage: RunningStage, tmp_path: Path) -> None:
    name = create(stage, GATED.format(answer="'done'"))
    functions = stage.client("lambda", attempts=1)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    def refusal() -> int:
        with pytest.raises(functions.exceptions.TooManyRequestsException) as error:
            functions.invoke(FunctionName=name, Payload=b"0")
        status: int = error.value.response["ResponseMetadata"]["HTTPStatusCode"]
        return status

    with ThreadPoolExecutor() as pool:
        holding = pool.submit(invoke, stage, name, str(tmp_path))
        eventually(lambda: _started(tmp_path))
        assert [refusal() for _ in range(3)] == [429] * 3
        (tmp_path / "gate").touch()
        assert holding.result(timeout=PATIENCE) == "done"
    eventually(lambda: metric(stage, "AWS/Lambda", "Throttles", {"FunctionName": name}), 3)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert refusal() == 429


def test_an_invocation_is_counted_once(stage: RunningStage) -> None:
    name = create(stage, PROCESS)
    dimensions = {"FunctionName": name}
    for event in ("a", "b", "raise"):
        stage.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    stage.client("lambda").invoke(FunctionName=name, Payload=b'"c"', InvocationType="Event")
    for metric_name, expected in (("Invocations", 4), ("Errors", 1), ("Throttles", 0)):
        eventually(lambda metric_name=metric_name: metric(stage, "AWS/Lambda", metric_name, dimensions), expected)  # type: ignore[misc]
    eventually(lambda: metric(stage, "AWS/Lambda", "Duration", dimensions, "SampleCount"), 4)
    assert (metric(stage, "AWS/Lambda", "Duration", dimensions, "Maximum") or 0) > 0
    assert metric(stage, "AWS/Lambda", "ConcurrentExecutions", dimensions, "Maximum") == 1


def test_what_runs_when_the_code_changes_runs_to_its_end(stage: RunningStage, tmp_path: Path) -> None:
    name = create(stage, GATED.format(answer="'old'"))
    with ThreadPoolExecutor() as pool:
        old = pool.submit(invoke, stage, name, str(tmp_path))
        eventually(lambda: _started(tmp_path))
        stage.client("lambda").update_function_code(FunctionName=name, ZipFile=zipped(GATED.format(answer="'new'")))
        settle(stage, name)
        (tmp_path / "gate").touch()
        assert old.result(timeout=PATIENCE) == "old"
    assert invoke(stage, name, str(tmp_path)) == "new"
