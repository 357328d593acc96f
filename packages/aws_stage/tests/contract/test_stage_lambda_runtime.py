"""What a Python function meets in its process is what AWS's own runtime client does there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create, fail, invoke, logged, zipped
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

DEEPEST = 16
"""Invocations of a chain that run: docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""

CHAIN = """
    import boto3, json
    def handler(event, context):
        with open(event["notes"], "a") as notes:
            notes.write("run\\n")
        client, own = boto3.client("lambda"), context.function_name
        try:
            client.invoke(FunctionName=own, Payload=json.dumps(event), InvocationType=event["type"])
        except client.exceptions.RecursiveInvocationException:
            with open(event["notes"], "a") as notes:
                notes.write("stopped\\n")
"""


def _printed(stage: RunningStage, name: str) -> list[str]:
    [lines] = logged(stage, name).values()
    return [line for line in lines if not line.startswith(("START ", "END ", "REPORT "))]


def test_the_context_says_what_is_invoked_and_how_long_there_is(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        import os
        def handler(event, context):
            own = {key: value for key, value in vars(context).items() if isinstance(value, str)}
            return [own, context.get_remaining_time_in_millis(), os.environ["_X_AMZN_TRACE_ID"]]
        """,
    )
    context, left, trace = invoke(stage, name)
    assert context["function_name"] == name
    assert context["invoked_function_arn"].endswith(f":function:{name}")
    assert context["memory_limit_in_mb"] == "128"
    assert 0 < left <= 60_000
    assert [part.partition("=")[0] for part in trace.split(";")] == ["Root", "Parent", "Sampled", "Lineage"]


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_a_function_that_invokes_itself_is_stopped(stage: RunningStage, tmp_path: Path, kind: str) -> None:
    name, notes = create(stage, CHAIN), tmp_path / "notes"
    event = {"notes": str(notes), "type": kind}
    stage.client("lambda", attempts=1).invoke(FunctionName=name, Payload=json.dumps(event), InvocationType=kind)
    eventually(lambda: notes.read_text().split() if notes.exists() else [], ["run"] * DEEPEST + ["stopped"])


def test_a_record_of_many_lines_is_one_event_with_its_request(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        import logging
        def handler(event, context):
            print("before", end="")
            try:
                {}["gone"]
            except KeyError:
                logging.getLogger("own").exception("no good")
            print("after")
            return context.aws_request_id
        """,
    )
    request_id = invoke(stage, name)
    before, record, after = _printed(stage, name)
    assert (before, after) == ("before", "after")
    first, *trace = record.split("\n")
    assert first.startswith("[ERROR]\t")
    assert first.endswith(f"Z\t{request_id}\tno good")
    assert (trace[0], trace[-1]) == ("Traceback (most recent call last):", "KeyError: 'gone'")


def test_an_error_is_one_event(stage: RunningStage) -> None:
    name = create(stage, "def handler(event, context):\n  raise ValueError('no good')")
    fail(stage, name)
    [error] = _printed(stage, name)
    assert error.startswith("[ERROR] ValueError: no good\nTraceback (most recent call last):\n")


def test_records_are_json_and_as_severe_as_the_function_asks_for(stage: RunningStage) -> None:
    source = """
    import logging
    def handler(event, context):
        logging.getLogger().warning("left out")
        logging.getLogger("own").error("told", extra={"order": 5})
        return context.aws_request_id
    """
    name = create(stage, source, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"})
    request_id = invoke(stage, name)
    [record] = [json.loads(line) for line in _printed(stage, name)]
    assert (record["level"], record["message"], record["logger"]) == ("ERROR", "told", "own")
    assert (record["requestId"], record["order"]) == (request_id, 5)


@pytest.mark.parametrize(
    ("handler", "source", "kind"),
    [
        ("handler.handler", "def handler(event, context) return 1", "Runtime.UserCodeSyntaxError"),
        ("handler", "", "Runtime.MalformedHandlerName"),
        ("gone.handler", "", "Runtime.ImportModuleError"),
        ("sys.exit", "", "Runtime.BuiltInModuleConflict"),
        ("handler.handler", "import os\nos._exit(5)", "Runtime.ExitError"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why(stage: RunningStage, handler: str, source: str, kind: str) -> None:
    error = fail(stage, create(stage, source, Handler=handler))
    assert error["errorType"] == kind


def test_an_error_with_a_long_trace_comes_whole(stage: RunningStage) -> None:
    """The client sends every frame of it in a header as well, which few servers would take."""
    name = create(stage, "def handler(event, context):\n  return handler(event, context)")
    error = fail(stage, name)
    assert error["errorType"] == "RecursionError"
    assert "more times" in error["stackTrace"][-1]
    assert fail(stage, name)["errorType"] == "RecursionError"


def test_an_answer_is_json_as_aws_writes_it(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        from decimal import Decimal
        def handler(event, context):
            return b"as it is" if event == "bytes" else [Decimal("1.10"), "é"]
        """,
    )

    def answer(event: str) -> bytes:
        content: bytes = stage.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read()
        return content

    assert answer("list") == b'[1.10, "\\u00e9"]'
    assert answer("bytes") == b"as it is"


def test_an_answer_that_is_too_large_is_an_error(stage: RunningStage) -> None:
    name = create(stage, "def handler(event, context):\n  return 'x' * event")
    assert len(invoke(stage, name, 6_000_000)) == 6_000_000
    assert fail(stage, name, 20_000_000)["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke(stage, name, 1) == "x"


def test_the_runtime_is_awss_whatever_the_function_brings(stage: RunningStage) -> None:
    source = "import simplejson\ndef handler(event, context): return simplejson.__name__"
    broken = {"awslambdaric/__init__.py": "1 / 0", "runtime_client.py": "1 / 0"}
    assert invoke(stage, create(stage, source, Code={"ZipFile": zipped(source, **broken)})) == "simplejson"


def test_a_process_that_ends_after_its_answer_is_followed_by_another(stage: RunningStage) -> None:
    name = create(
        stage,
        """
        import os, threading, time
        def handler(event, context):
            if event:
                threading.Timer(0.01, os._exit, [0]).start()
            return os.getpid()
        """,
    )
    first = invoke(stage, name, "end")
    eventually(lambda: Path(f"/proc/{first}").exists() and "Z" not in _state(first), False)
    assert invoke(stage, name) != first


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_what_is_not_json_is_refused_and_runs_nothing(stage: RunningStage) -> None:
    name = create(stage, "def handler(event, context):\n  print('ran')\n  return event")
    with pytest.raises(ClientError, match="Could not parse request body into json") as error:
        stage.client("lambda", attempts=1).invoke(FunctionName=name, Payload=b"{no")
    assert error.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert "ran" not in _printed(stage, name)
    assert invoke(stage, name, "yes") == "yes"
