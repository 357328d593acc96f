"""A crawl's lines in CloudWatch Logs: one stream for each crawler, each line marked with the crawl's prefix."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.glue_crawler.history import LOG_GROUP
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.glue_crawler")


class CrawlLog:
    """Call it with a line; a failure to write it never ends the crawl."""

    def __init__(self, client: Any, crawler: str, prefix: str, clock: Clock) -> None:
        self._client = client
        self._crawler = crawler
        self._prefix = prefix
        self._clock = clock
        self._is_made = False

    def __call__(self, line: str) -> None:
        try:
            self._write(line)
        except (ClientError, BotoCoreError):
            logger.exception("cannot write to the log of crawler %s: %s", self._crawler, line)

    def _write(self, line: str) -> None:
        if not self._is_made:
            exists = self._client.exceptions.ResourceAlreadyExistsException
            with contextlib.suppress(exists):
                self._client.create_log_group(logGroupName=LOG_GROUP)
            with contextlib.suppress(exists):
                self._client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=self._crawler)
            self._is_made = True
        timestamp = int(self._clock.now().timestamp() * 1000)
        event = {"timestamp": timestamp, "message": f"[{self._prefix}] {line}"}
        self._client.put_log_events(logGroupName=LOG_GROUP, logStreamName=self._crawler, logEvents=[event])
