"""Crawlers with a schedule."""

from __future__ import annotations

import logging
from datetime import datetime

from botocore.exceptions import ClientError

from aws_stage.engines.scheduler.targets import Clients
from aws_stage.engines.scheduler.timetable import Timed

logger = logging.getLogger("aws_stage.scheduler")

PREFIX = "crawler/"


class Crawlers:
    """Reads the crawlers' schedules and starts crawls; Glue's schedules are in UTC."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self) -> list[Timed]:
        """The schedules as they are now."""
        pages = self._clients("glue").get_paginator("get_crawlers").paginate()
        crawlers = [crawler for page in pages for crawler in page["Crawlers"]]
        return [
            Timed(
                key=PREFIX + crawler["Name"],
                expression=crawler["Schedule"]["ScheduleExpression"],
                enabled=crawler["Schedule"].get("State") == "SCHEDULED",
                created=str(crawler["CreationTime"]),
            )
            for crawler in crawlers
            if (crawler.get("Schedule") or {}).get("ScheduleExpression")
        ]

    def fire(self, timed: Timed, _due: datetime) -> None:
        """Start the crawl; one that is still running is left alone, as on AWS."""
        name = timed.key.removeprefix(PREFIX)
        try:
            self._clients("glue").start_crawler(Name=name)
        except ClientError as error:
            logger.warning("the schedule of crawler %s started no crawl: %s", name, error)
