"""A run's output and error, sent to CloudWatch Logs while it runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.glue_jobs import arguments
from aws_stage.kernel.clock import Clock
from aws_stage.kernel.log_streams import MAX_LINE, LogStreams, Stream

logger = logging.getLogger("aws_stage.glue_jobs")

_PREFIX = "/aws-glue/jobs"
_CONTINUOUS_GROUP = "/aws-glue/jobs/logs-v2"

_CHUNK = 1 << 20


def streams(given: Mapping[str, str], run_id: str) -> tuple[list[Stream], list[Stream]]:
    """Where a run's output and its errors go, after its special parameters."""
    prefix = given.get("--custom-logGroup-prefix", _PREFIX)
    stream = f"{given['--custom-logStream-prefix']}-{run_id}" if "--custom-logStream-prefix" in given else run_id
    output, error = [(f"{prefix}/output", stream)], [(f"{prefix}/error", stream)]
    if arguments.is_set(given, "--enable-continuous-cloudwatch-log") and "--custom-logGroup-prefix" not in given:
        group = given.get("--continuous-log-logGroup", _CONTINUOUS_GROUP)
        driver = (group, given.get("--continuous-log-logStreamPrefix", run_id) + "-driver")
        output.append(driver)
        error.append(driver)
    return output, error


@dataclass
class Tail:
    """A file that grows, and the streams that its lines go to."""

    file: Path
    streams: Sequence[Stream]
    offset: int = field(default=0)

    def lines(self, final: bool) -> list[str]:
        """The next whole lines, about 1 MiB at most; with ``final`` the unfinished last one, too."""
        if not self.file.exists() or self.file.stat().st_size <= self.offset:
            return []
        with self.file.open("rb") as file:
            file.seek(self.offset)
            data = file.read(_CHUNK)
        if not (final and len(data) < _CHUNK) and (cut := data.rfind(b"\n") + 1):
            data = data[:cut]
        elif not final and len(data) < _CHUNK:
            return []
        self.offset += len(data)
        return [line[:MAX_LINE] for line in data.decode("utf-8", "replace").split("\n") if line.strip()]


class LogShipper:
    """Sends what the tails find; a stream is made when it has its first line."""

    def __init__(self, client: Any, tails: Sequence[Tail], clock: Clock) -> None:
        self._streams = LogStreams(lambda: client)
        self._tails = tails
        self._clock = clock

    def ship(self, final: bool = False) -> None:
        """Send the new lines; a failure is logged and never ends the run."""
        for tail in self._tails:
            while lines := tail.lines(final):
                moment = int(self._clock.now().timestamp() * 1000)
                for stream in tail.streams:
                    try:
                        self._streams.write(stream, [(moment, line) for line in lines])
                    except (ClientError, BotoCoreError):
                        logger.exception("cannot write to log stream %s of %s", stream[1], stream[0])
