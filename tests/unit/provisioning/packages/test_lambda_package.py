"""The function's zip holds all that the function imports, runs without anything else, and is the same everywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.pipelines import PIPELINES
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.packages.lambda_package import RUNTIME, build_lambda_package
from datastreamer.provisioning.packages.upload import function_folders

RUN = """
import sys
sys.path[:0] = {path!r}
import handler

class Context:
    aws_request_id = function_name = invoked_function_arn = "a"
    memory_limit_in_mb = 512
    def get_remaining_time_in_millis(self):
        return 60000

assert handler.__file__.startswith({package!r}), handler.__file__
print(handler.handler({event!r}, Context()))
for name in {modules!r}:
    assert __import__(name, fromlist=["*"]).__file__.startswith({package!r}), name
"""

POISON = {
    "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "a",
        "sequenceNumber": "1",
        "data": "bm90IGpzb24=",
        "approximateArrivalTimestamp": 1.0,
    },
    "eventSource": "aws:kinesis",
    "eventVersion": "1.0",
    "eventID": "shardId-000000000000:1",
    "eventName": "aws:kinesis:record",
    "eventSourceARN": "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records",
    "awsRegion": "ap-northeast-1",
    "invokeIdentityArn": "arn:aws:iam::123456789012:role/function",
}
"""A record that is no JSON: replayed, it is judged without a call to any service."""

SETTINGS = {
    "ENDPOINT_NAME": "endpoint",
    "TABLE_NAME": "table",
    "DLQ_BUCKET": "bucket",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "POWERTOOLS_SERVICE_NAME": "function",
    "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Inference",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository: a function that imports a sibling, some of the package and a library."""
    files = {
        "lambdas/score/handler.py": "import boto3\nimport typing_extensions\nfrom rules import limit\n"
        "from datastreamer.score import total\n\ndef handler(event, context): ...\n",
        "lambdas/score/rules.py": "limit = 1\n",
        "lambdas/score/unused.py": "import nowhere\n",
        "lambdas/score/event.json": "{}\n",
        "datastreamer/__init__.py": "",
        "datastreamer/score.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import datastreamer.hints\n"
        "total = 0\n",
        "datastreamer/hints.py": "",
        "datastreamer/other.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def build(tree: Path, out: str = "build") -> Path:
    return build_lambda_package(tree / "lambdas" / "score", tree, tree / out)


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_it_holds_handler_siblings_modules_and_libraries_that_are_reached_and_no_other(tree: Path) -> None:
    assert names(build(tree)) == [
        "datastreamer/__init__.py",
        "datastreamer/score.py",
        "handler.py",
        "rules.py",
        "typing_extensions.py",
    ]


def test_a_library_brings_what_it_requires_and_only_what_is_reached(tree: Path) -> None:
    (tree / "lambdas/score/handler.py").write_text("from aws_lambda_powertools.utilities import batch\n")
    held = names(build(tree))
    assert {"aws_lambda_powertools/utilities/batch/__init__.py", "typing_extensions.py"} <= set(held)
    assert "aws_lambda_powertools/utilities/idempotency/__init__.py" not in held
    assert not {name.partition("/")[0] for name in held} & RUNTIME


def test_the_same_sources_give_the_same_bytes_whenever_and_wherever(tree: Path) -> None:
    first = build(tree)
    for file in tree.rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    second = build(tree, "another")
    assert first.name == second.name
    assert first.name.startswith("score-")
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_module_changes_the_name_and_an_unused_one_does_not(tree: Path) -> None:
    first = build(tree)
    (tree / "datastreamer/other.py").write_text("changed = True\n")
    assert build(tree) == first
    (tree / "lambdas/score/rules.py").write_text("limit = 2\n")
    assert build(tree) != first


def test_a_folder_without_a_handler_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no handler .*gone/handler\.py"):
        build_lambda_package(tmp_path / "gone", tmp_path, tmp_path)


def test_a_library_that_is_not_installed_is_named(tree: Path) -> None:
    (tree / "datastreamer/score.py").write_text("import nowhere\n")
    with pytest.raises(ConfigurationError, match="imports nowhere, which is not installed"):
        build(tree)


def test_native_code_is_refused_though_it_is_imported_by_a_module_of_ours(tree: Path) -> None:
    (tree / "datastreamer/score.py").write_text("import orjson\n")
    with pytest.raises(ConfigurationError, match=r"imports orjson, which has native code \(orjson/.*\.so\)"):
        build(tree)


def test_the_runtime_is_boto3_and_all_that_it_requires() -> None:
    required: set[str] = set()
    pending = {"boto3"}
    while pending:
        required |= pending
        wanted = [line for name in pending for line in metadata.requires(name) or [] if "extra" not in line]
        pending = {re.split(r"[^\w-]", line)[0] for line in wanted} - required
    assert {name.replace("python-", "") for name in required} == RUNTIME


def test_the_real_function_runs_from_its_zip_with_nothing_but_the_runtime_beside_it(tmp_path: Path) -> None:
    """Python without site-packages; the libraries of the runtime, and no other, are put on its path by hand."""
    package = build_lambda_package(function_folders(PIPELINES.values())["inference_score"], REPOSITORY, tmp_path)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in RUNTIME:
        origin = Path(str(metadata.distribution("boto3").locate_file(name)))
        origin = origin if origin.is_dir() else origin.with_suffix(".py")
        (runtime / origin.name).symlink_to(origin)
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names(package)
        if name.startswith("datastreamer/")
    ]
    program = RUN.format(
        path=[str(package), str(runtime)],
        package=str(package),
        modules=modules,
        event={"Records": [POISON], "replay": True},
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=SETTINGS,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "'reason': 'invalid_json'" in done.stdout.splitlines()[-1]
