"""A stage in a process of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from aws_stage.testing.waiting import PATIENCE

REGION = "ap-northeast-1"


@dataclass
class RunningStage:
    """A local stage in a process of its own, for tests that treat it as AWS."""

    port: int
    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to use this stage as its AWS."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_STAGE_PORT": str(self.port),
            "AWS_STAGE_DATA_DIR": str(self.data_dir),
            **self.settings,
        }

    def client(self, service: str, attempts: int = 3) -> Any:
        """A boto3 client; with one attempt, what a call stored is what its answer says, and never a retry's copy."""
        new_client: Any = boto3.client
        return new_client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
        )

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir / "stage.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aws_stage", "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.process = None
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_aws_stage/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the stage did not start:\n{(self.data_dir / 'stage.log').read_text()[-3000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the stage: SIGTERM stops it cleanly, SIGKILL tests what survives."""
        if self.process is None:
            return
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.send_signal(how)
        self.process.wait(timeout=PATIENCE)
        self.process = None


PORTS = range(20_000, 32_768)
"""Below the ports that Linux (from 32768) and macOS (from 49152) give to outgoing connections: one of those could be
taken by any client, also by the test's own, before a stage listens there or while it is restarted."""


def free_port() -> int:
    """A TCP port that was free a moment ago, and that no outgoing connection is given."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
