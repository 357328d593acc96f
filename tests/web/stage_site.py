"""The votes pipeline on a stage of its own, as ``apply`` puts it there."""

from __future__ import annotations

import json
import math
import random
import secrets
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from aws_stage.testing.waiting import eventually

from datastreamer.votes.names import Names
from datastreamer.votes.orders import votes_of
from datastreamer.votes.vote import Vote
from tests.conftest import REPOSITORY, RunningStage, free_port, lake_environment
from tests.unit.votes.ballots import uuid7

NAMES = Names("local", "000000000000")
PUT_AT_ONCE = 500
"""Records in one PutRecords call (AWS, Kinesis API reference)."""


@dataclass(frozen=True)
class StageSite:
    """The site, and the stage that it is on."""

    stage: RunningStage
    url: str

    @property
    def elsewhere(self) -> str:
        """The same files at an address of another origin: a page there is not the site's."""
        website = {"IndexDocument": {"Suffix": "index.html"}}
        self.stage.client("s3").put_bucket_website(Bucket=NAMES.site_bucket, WebsiteConfiguration=website)
        return f"http://{NAMES.site_bucket}.s3-website.localhost:{self.stage.port}/"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The site's ``config.json``."""
        config: dict[str, Any] = _json(f"{self.url}config.json")
        return config

    def totals(self) -> dict[str, Any]:
        """What ``GET /totals`` tells."""
        totals: dict[str, Any] = _json(f"{self.config['api_url']}/totals")
        return totals

    def votes(self) -> int:
        """How many votes are counted."""
        return sum(self.totals()["totals"].values())

    def kept(self) -> Counter[str]:
        """How often each vote id is among those that were counted."""
        pages = self.stage.client("dynamodb").get_paginator("scan").paginate(TableName=NAMES.orders_table)
        items = [item for page in pages for item in page["Items"]]
        return Counter(str(vote_id) for item in items for vote_id, _, _ in votes_of(item))

    def vote_in_the_past(self, votes: list[tuple[int, str, int]]) -> None:
        """Have votes counted that arrived on the stream's end before now: second, candidate, and how many."""
        before = self.votes()
        clicks = [(second * 1000, candidate) for second, candidate, number in votes for _ in range(number)]
        records = []
        for milliseconds, candidate in clicks:
            vote_id = uuid7(milliseconds, secrets.randbits(62))
            vote = Vote(vote_id, candidate, uuid4(), milliseconds)
            records.append({"Data": vote.to_record(), "PartitionKey": str(vote_id)})
        kinesis = self.stage.client("kinesis")
        for start in range(0, len(records), PUT_AT_ONCE):
            answer = kinesis.put_records(StreamName=NAMES.stream, Records=records[start : start + PUT_AT_ONCE])
            assert answer["FailedRecordCount"] == 0
        eventually(lambda: self.votes() >= before + len(records))


@contextmanager
def applied(folder: Path) -> Iterator[StageSite]:
    """A stage on which Terraform has just put the votes pipeline; it is gone afterwards."""
    stage = RunningStage(free_port(), folder)
    stage.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.provision", "apply", "local", "--pipeline", "votes", "--auto-approve"],
            cwd=REPOSITORY,
            env=lake_environment(stage),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        (site,) = stage.client("cloudfront").list_distributions()["DistributionList"]["Items"]
        yield StageSite(stage, f"http://{site['DomainName']}/")
    finally:
        stage.stop()


def three_minutes() -> list[tuple[int, str, int]]:
    """A race of two that overtake each other: second, candidate and votes."""
    chance = random.Random(4)
    now = int(time.time())
    race = []
    for second in range(now - 180, now + 1):
        race.append((second, "kinoko", round(14 + 9 * math.sin(second / 17) + chance.uniform(-4, 4))))
        race.append((second, "takenoko", round(15 + 8 * math.cos(second / 23) + chance.uniform(-4, 4))))
    return race


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)
