"""Completion in a shell: commands, and the names that AWS has."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from datastreamer.cli.inference import completion
from tests.unit.inference_cli.conftest import CommandLine


class At:
    """Where a completion is asked for: the options that are there already."""

    def __init__(self, **params: object) -> None:
        self.params = params


def completed(completer: completion.Completer, incomplete: str, **params: object) -> list[str]:
    where: Any = At(**params)
    return completer(where, incomplete)


@pytest.mark.usefixtures("cli")
class TestNames:
    def test_names_of_streams_and_tables_begin_as_typed(self, cli: CommandLine) -> None:
        for name in ("shop-stream", "garage-stream"):
            cli.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        cli.done("create-table", "shop-predictions")
        assert completed(completion.streams, "sh") == ["shop-stream"]
        assert completed(completion.tables, "") == ["shop-predictions"]

    def test_the_region_that_was_typed_is_asked(self, cli: CommandLine) -> None:
        cli.done("create-table", "t", "--region", "eu-west-1")
        assert completed(completion.tables, "", region="eu-west-1") == ["t"]
        assert completed(completion.tables, "") == []

    def test_an_aws_that_refuses_completes_nothing(self, refusing: Any) -> None:
        refusing("ListTables", "AccessDeniedException", "no")
        assert completed(completion.tables, "") == []

    def test_an_aws_that_cannot_be_reached_completes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://localhost:1")

        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", fail)
        assert completed(completion.endpoints, "") == []

    def test_an_unknown_stage_completes_nothing(self) -> None:
        assert completed(completion.streams, "", stage="nowhere") == []


def test_a_shell_completes_commands() -> None:
    asked = {
        **os.environ,
        "_DATASTREAMER_COMPLETE": "complete_bash",
        "COMP_WORDS": "datastreamer inference list-",
        "COMP_CWORD": "2",
    }
    program = "import sys; sys.argv = ['datastreamer']; from datastreamer.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], env=asked, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["list-streams", "list-endpoints", "list-tables", "list-processors"]
