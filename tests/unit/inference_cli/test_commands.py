"""All commands together: that they exist with their arguments, their help, their reference, their errors."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ProfileNotFound

from datastreamer.cli.entry import app
from datastreamer.cli.inference import COMMANDS
from scripts.cli_reference import PAGE, reference
from tests.conftest import REPOSITORY
from tests.unit.inference_cli.conftest import CommandLine, command_tree

TABLE = """
deploy <stack-name>
destroy <stack-name>
status [stack-name]
audit <stack-name>
create-stream <name> <shards>
delete-stream <name>
list-streams
put-record <stream> <data>
put-records <stream> <file>
create-model <name> <image> <model-uri>
create-endpoint-config <name> <model>
create-endpoint <name> <config>
rollback <name>
delete-endpoint <name>
list-endpoints
invoke-endpoint <name> <data>
create-table <name>
delete-table <name>
query-predictions <table> <id>
scan-predictions <table>
list-tables
create-processor <name> <stream> <endpoint> <table>
update-processor <name>
delete-processor <name>
list-processors
replay-failures <stack>
rescore <stack>
train-example
"""
CHANGING = (
    "deploy destroy create-stream delete-stream put-record put-records create-model create-endpoint-config "
    "create-endpoint delete-endpoint create-table delete-table create-processor update-processor delete-processor "
    "replay-failures train-example rollback rescore"
).split()


def commands() -> dict[str, Any]:
    found: dict[str, Any] = command_tree(app).commands["inference"].commands
    return found


def written(name: str, command: Any) -> str:
    """A command as the table writes it."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    names = [(each.metavar or each.name).lower().replace("_", "-") for each in arguments]
    shown = [f"<{word}>" if each.required else f"[{word}]" for word, each in zip(names, arguments, strict=True)]
    return " ".join([name, *shown])


@pytest.mark.parametrize("line", TABLE.split("\n")[1:-1])
def test_every_command_exists_with_its_arguments(line: str) -> None:
    name = line.split(maxsplit=1)[0]
    assert written(name, commands()[name]) == line


def test_there_are_no_other_commands() -> None:
    assert set(commands()) == {line.split()[0] for line in TABLE.strip().splitlines()}


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_answers_in_json_and_takes_a_region_and_a_stage(name: str) -> None:
    options = {option for each in commands()[name].params for option in each.opts}
    assert {"--json", "--region", "--stage"} <= options
    assert ("--dry-run" in options) == (name in CHANGING)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_shows_examples(cli: CommandLine, command: Any) -> None:
    answer = cli.done(command.name, "--help")
    assert "Examples" in answer.out
    assert f"$ {command.lines[0]}"[:60] in answer.out
    assert cli.calls == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_is_of_its_command_and_names_only_its_options(command: Any) -> None:
    known = {option for each in commands()[command.name].params for option in (*each.opts, *each.secondary_opts)}
    for line in command.lines:
        assert f"datastreamer inference {command.name}" in line
        assert set(re.findall(r"(?<= )--[a-z-]+", line)) <= known


def test_the_reference_is_what_the_commands_say() -> None:
    assert PAGE.read_text() == reference(), "run: make cli-docs"


def test_help_breaks_lines_by_the_terminals_width_only() -> None:
    assert all("\n" not in paragraph for paragraph in (commands()["put-records"].help or "").split("\n\n"))


def test_an_endpoint_url_that_is_none_is_one_line(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    answer = cli("list-tables")
    assert answer.code == 2
    [line] = answer.err.splitlines()
    assert line.startswith("error: Invalid endpoint: nonsense. AWS_ENDPOINT_URL is to be as http://localhost:4566")


def test_ctrl_c_is_told_and_ends_with_the_shells_code(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("boto3.client", interrupted)
    answer = cli("list-tables")
    assert (answer.code, answer.err.splitlines()) == (130, ["error: interrupted"])


def test_script_sh_is_the_same_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [REPOSITORY / "scripts" / "script.sh", "list-stream"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "datastreamer inference" in done.stderr
    assert "list-streams" in done.stderr


def test_hints_name_the_program_as_it_was_called(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASTREAMER_CALLED_AS", "./scripts/script.sh")
    assert "See what there is: ./scripts/script.sh list-tables" in cli("query-predictions", "nowhere", "a").err
    assert cli.done("status").out == (
        "no stack in ap-northeast-1; to make one: ./scripts/script.sh deploy my-realtime-ml\n"
    )


@pytest.mark.parametrize("shown", ["\x1b[2J", "\x07", "\x9b31m"])
def test_no_text_reaches_a_terminal_with_control_characters(cli: CommandLine, refusing: Any, shown: str) -> None:
    refusing("InvokeEndpoint", "ModelError", "…", OriginalMessage=f"a{shown}b", OriginalStatusCode=400)
    answer = cli("invoke-endpoint", "e", "1,2")
    assert f"a\\x{ord(shown[0]):02x}{shown[1:]}b" in answer.err
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in answer.err if character != "\n")


def test_ctrl_c_at_a_prompt_ends_with_the_shells_code(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    cli.done("create-table", "t")
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", interrupted)
    answer = cli("delete-table", "t", terminal=True)
    assert (answer.code, answer.err.splitlines()[-1]) == (130, "error: interrupted")


def test_a_typo_names_the_nearest_command(cli: CommandLine) -> None:
    answer = cli("list-procesors")
    assert answer.code == 2
    assert "Did you mean 'list-processors'" in answer.err


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [
        ("AccessDeniedException", "User x is not authorized", "The caller may not ListTables: docs/deploy.md lists"),
        ("ExpiredTokenException", "The security token is expired", "sign in again"),
        ("UnrecognizedClientException", "The security token is invalid", "sign in again"),
        ("ResourceNotFoundException", "Requested resource not found", "datastreamer inference status"),
        ("ThrottlingException", "Rate exceeded", "ThrottlingException: Rate exceeded"),
    ],
)
def test_what_aws_refuses_is_one_line_with_what_to_do(
    cli: CommandLine, refusing: Any, code: str, message: str, shown: str
) -> None:
    refusing("ListTables", code, message)
    answer = cli("list-tables")
    assert answer.code == 1
    [line] = answer.err.splitlines()
    assert line.startswith(f"error: {code}: {message}")
    assert shown in line


@pytest.mark.parametrize(
    ("error", "exit_code", "shown"),
    [
        (NoCredentialsError(), 2, "Set AWS_PROFILE, or run: aws configure; on the local stage: --stage local"),
        (ProfileNotFound(profile="work"), 2, "The config profile (work) could not be found"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), 1, "The local stage is started with: make up"),
    ],
)
def test_an_aws_that_cannot_be_reached_is_one_line(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, error: Exception, exit_code: int, shown: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("datastreamer.cli.inference.tables.tables.list_tables", fail)
    answer = cli("list-tables")
    assert answer.code == exit_code
    [line] = answer.err.splitlines()
    assert shown in line


def test_the_stage_names_the_region_and_the_option_overrules_it(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "datastreamer.stages.stage_environment",
        lambda name, *_: {"DATASTREAMER_STAGE": name, "AWS_DEFAULT_REGION": "eu-west-1"},
    )
    assert cli.done("list-tables", "--stage", "prod", "--json").document["region"] == "eu-west-1"
    both = cli.done("list-tables", "--stage", "prod", "--region", "us-east-1", "--json")
    assert both.document["region"] == "us-east-1"


def test_another_region_in_the_environment_is_remarked_on(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    answer = cli.done("list-tables")
    assert answer.err == "in ap-northeast-1, whatever AWS_REGION says; for another: --region us-east-1\n"
    assert answer.out == "no table in ap-northeast-1\n"
    assert cli.done("list-tables", "--region", "us-east-1").err == ""


@pytest.mark.parametrize("region", ["tokyo", "us-east", "US-EAST-1", "http://x"])
def test_what_cannot_be_a_region_is_told(cli: CommandLine, region: str) -> None:
    answer = cli("list-tables", "--region", region)
    assert answer.code == 2
    assert answer.err == f"error: {region!r} is no AWS region; one looks like ap-northeast-1\n"


def test_an_unknown_stage_is_one_line(cli: CommandLine) -> None:
    answer = cli("list-tables", "--stage", "locl")
    assert answer.code == 2
    assert "there is no stage 'locl'. Did you mean 'local'?" in answer.err


def test_piped_output_has_no_colours(cli: CommandLine) -> None:
    cli.done("create-table", "t")
    assert "\x1b" not in cli.done("list-tables").out
