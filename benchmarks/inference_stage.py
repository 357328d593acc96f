"""A stage of its own with an inference stack and the example model behind its endpoint, for benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from datastreamer.inference.names import Names
from datastreamer.inference.training import next_commands, train_example, upload
from datastreamer.provisioning.stack import StackProvisioner
from datastreamer.stages import enter_stage

REPOSITORY = Path(__file__).resolve().parent.parent
STACK = "benchmark"


@contextmanager
def inference_stage() -> Iterator[Names]:
    """Up, deployed and able to score; the AWS variables of this process point to it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="datastreamer-benchmark-") as folder:
        os.environ |= {"AWS_STAGE_PORT": str(port), "AWS_STAGE_DATA_DIR": folder, "DATASTREAMER_DATA_DIR": folder}
        enter_stage("local", os.environ)
        _run("aws_stage", "up")
        try:
            print("deploying, about 40 s", file=sys.stderr)
            StackProvisioner(STACK, os.environ, lambda _: None).apply()
            names = Names(STACK, boto3.client("sts").get_caller_identity()["Account"])
            example = train_example(out=Path(folder) / "model")
            uri = upload(example, boto3.client("s3"), names.models_bucket)
            for command in next_commands(uri, example.threshold, STACK, os.environ["AWS_DEFAULT_REGION"]):
                _run("datastreamer.cli", *command.split()[1:], "--stage", "local")
            yield names
        finally:
            _run("aws_stage", "down")


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
