"""Lines of containers on their way to CloudWatch Logs."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.kernel.clock import SystemClock
from aws_stage.kernel.log_streams import LogStreams
from botocore.exceptions import ClientError


class FakeLogs:
    """Takes events; ``missing`` is how many puts fail because the group is gone."""

    def __init__(self, missing: int = 0) -> None:
        self.puts: list[list[str]] = []
        self.made: list[str] = []
        self._missing = missing
        self.exceptions = SimpleNamespace(ResourceAlreadyExistsException=KeyError)

    def create_log_group(self, **what: str) -> None:
        self.made.append(what["logGroupName"])

    def create_log_stream(self, **what: str) -> None:
        self.made.append(what["logStreamName"])

    def put_log_events(self, **what: Any) -> None:
        if self._missing:
            self._missing -= 1
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "PutLogEvents")
        self.puts.append([event["message"] for event in what["logEvents"]])


def written(output: bytes) -> FakeLogs:
    """What CloudWatch Logs gets of ``output``."""
    client = FakeLogs()
    logs = ContainerLogs(lambda _service: client, SystemClock())
    logs.take(("/aws/sagemaker/Endpoints/e", "v/i-1"), io.BytesIO(output))
    logs.start()
    logs.stop()
    return client


def test_whole_lines_reach_the_stream_of_the_instance() -> None:
    client = written(b"one\n\n  two  \r\n\xff and the last")
    assert client.made == ["/aws/sagemaker/Endpoints/e", "v/i-1"]
    assert client.puts == [["one", "  two", "\N{REPLACEMENT CHARACTER} and the last"]]


def test_what_is_written_too_fast_is_counted() -> None:
    lines = [line for put in written(b"x\n" * 10_003).puts for line in put]
    assert len(lines) == 10_001
    assert lines[-1] == "(3 more lines were written too fast to be kept)"


def test_batches_hold_no_more_than_cloudwatch_takes() -> None:
    client = FakeLogs()
    LogStreams(lambda: client).write(("g", "s"), [(0, "é" * 30_000)] * 40 + [(0, "x")] * 10_001)
    assert all(len(put) <= 10_000 for put in client.puts)
    assert all(sum(len(line.encode()) + 26 for line in put) <= 1_048_576 for put in client.puts)
    assert sum(map(len, client.puts)) == 10_041


def test_a_group_that_is_gone_is_made_again() -> None:
    client = FakeLogs(missing=1)
    LogStreams(lambda: client).write(("g", "s"), [(0, "line")])
    assert client.made == ["g", "s", "g", "s"]
    assert client.puts == [["line"]]
