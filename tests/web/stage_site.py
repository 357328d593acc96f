"""The votes pipeline on a stage of its own, as ``apply`` puts it there."""

from __future__ import annotations

import json
import math
import random
import secrets
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from aws_stage.testing.waiting import PATIENCE, eventually

from datastreamer.provisioning.provisioner import Provisioner
from datastreamer.stages import ENVIRONMENTS
from datastreamer.votes.names import Names
from datastreamer.votes.orders import votes_of
from datastreamer.votes.vote import Vote
from tests.conftest import RunningStage, free_port, lake_environment
from tests.unit.votes.ballots import uuid7

NAMES = Names("local", "000000000000")
ALWAYS = 'always = ["telemetry"]'
"""What the values of the local stage say of the pipelines that are on for good."""
PUT_AT_ONCE = 500
"""Records in one PutRecords call (AWS, Kinesis API reference)."""


@dataclass(frozen=True)
class StageSite:
    """The site, and the stage that it is on."""

    stage: RunningStage
    url: str
    _read: dict[str, str] = field(default_factory=dict)
    """The last sequence number of each shard that ``wait_until_counted`` has read."""

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

    def wait_until_counted(self) -> None:
        """Wait until every vote that was taken is counted."""
        waiting = self._taken()

        def all_counted() -> bool:
            waiting.difference_update(self.kept() if waiting else ())
            return not waiting

        eventually(all_counted)

    def _taken(self) -> set[str]:
        """The ids of the votes that came to the stream since the last call."""
        kinesis, taken = self.stage.client("kinesis"), set()
        for shard in kinesis.list_shards(StreamName=NAMES.stream)["Shards"]:
            last = self._read.get(shard["ShardId"])
            start = {"ShardIteratorType": "TRIM_HORIZON"}
            if last:
                start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": last}
            name = {"StreamName": NAMES.stream, "ShardId": shard["ShardId"]}
            iterator = kinesis.get_shard_iterator(**name, **start)["ShardIterator"]
            while records := (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
                taken |= {str(json.loads(record["Data"])["vote_id"]) for record in records}
                self._read[shard["ShardId"]] = records[-1]["SequenceNumber"]
                iterator = answer["NextShardIterator"]
        return taken

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
    """A stage on which Terraform has just put the votes pipeline, and no other; it is gone afterwards."""
    terraform = folder / "terraform"
    shutil.copytree(ENVIRONMENTS.parent, terraform, ignore=shutil.ignore_patterns(".terraform"))
    values = terraform / "envs" / "local" / "main.tf"
    text = values.read_text()
    assert ALWAYS in text
    values.write_text(text.replace(ALWAYS, ALWAYS.replace("telemetry", "votes")))
    stage = RunningStage(free_port(), folder / "data")
    stage.start()
    try:
        Provisioner("local", lake_environment(stage), print, environments=terraform / "envs").apply()
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
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)
