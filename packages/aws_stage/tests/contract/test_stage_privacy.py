"""What a stage keeps is for its user alone, whatever the user's umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from aws_stage.testing import REGION, RunningStage, free_port
from aws_stage.testing.lambda_functions import create, invoke


def _open_to_others(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(root, name)
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:  # a stage that runs puts files aside and takes them away
                continue
            if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) & 0o077:
                yield f"{path.relative_to(folder)} {stat.filemode(mode)}"


def test_state_work_and_log_are_closed_to_others(tmp_path: Path) -> None:
    stage = RunningStage(free_port(), tmp_path / "data")
    left = stage.data_dir / "state"
    left.mkdir(parents=True, mode=0o755)  # as an earlier stage left it
    (stage.data_dir / "stage.log").write_text("")
    run = [sys.executable, "-m", "aws_stage"]
    subprocess.run([*run, "up"], env=stage.environment, check=True, umask=0o022, capture_output=True)
    try:
        s3, kinesis = stage.client("s3"), stage.client("kinesis")
        s3.create_bucket(Bucket="private", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="private", Key="a/b", Body=b"1")
        kinesis.create_stream(StreamName="private", ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName="private", WaiterConfig={"Delay": 1})
        kinesis.put_record(StreamName="private", PartitionKey="k", Data=b"1")
        stage.client("secretsmanager").create_secret(Name="private", SecretString="hidden")
        stage.client("sqs").create_queue(QueueName="private")
        invoke(stage, create(stage, "def handler(event, context):\n    print(1)\n"))
        for folder in ("state", "work"):
            assert stat.S_IMODE((stage.data_dir / folder).stat().st_mode) == 0o700
        assert list(_open_to_others(left)) == []
        assert stat.S_IMODE((stage.data_dir / "stage.log").stat().st_mode) == 0o600
    finally:
        subprocess.run([*run, "down"], env=stage.environment, check=True, capture_output=True)
    assert list(_open_to_others(left)) == []
