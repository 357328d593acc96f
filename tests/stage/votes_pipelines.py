"""The counting half of a vote on a stage, made by hand: stream, the real functions, mapping, tables, WebSocket API."""

from __future__ import annotations

import base64
import json
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aws_stage.testing.waiting import PATIENCE, eventually
from websockets.sync.client import ClientConnection, connect

from datastreamer.sensor.votes.voters import uuid7
from datastreamer.votes.connections import COUNT
from datastreamer.votes.orders import votes_of
from datastreamer.votes.vote import Vote
from tests.conftest import REGION, RunningStage

ROLE = "arn:aws:iam::000000000000:role/votes"
CANDIDATES = ("kinoko", "takenoko")
STAGE_NAME = "live"
SITE = "https://vote.example.com"
KEYS = {"orders": ("pk", "sk"), "aggregation": ("pk", "sk"), "connections": ("connection_id",)}
MOST_RECORDS = 500
"""In one PutRecords."""


def some_votes(number: int, seed: int = 1) -> list[Vote]:
    """Distinct votes of the last minutes, more of them for the second candidate."""
    chance = random.Random(seed)
    now = time.time_ns() // 1_000_000
    return [
        Vote(
            uuid7(now - chance.randrange(150_000), chance.getrandbits(74)),
            chance.choices(CANDIDATES, (0.45, 0.55))[0],
            uuid.UUID(int=chance.getrandbits(128), version=4),
            now,
        )
        for _ in range(number)
    ]


def with_copies(votes: Sequence[Vote], fraction: float) -> list[Vote]:
    """The votes in order, a fraction of them once more: half of the copies right behind, half at the very end."""
    again = random.Random(len(votes)).sample(range(len(votes)), int(len(votes) * fraction))
    near, far = set(again[::2]), again[1::2]
    sent = [vote for number, vote in enumerate(votes) for vote in [vote] * (1 + (number in near))]
    return sent + [votes[number] for number in far]


class VotesPipeline:
    """One pipeline of its own. ``environment`` is added to the functions'; keywords are the mapping's options."""

    def __init__(
        self,
        stage: RunningStage,
        packages: Mapping[str, Path],
        shards: int = 1,
        environment: Mapping[str, str] | None = None,
        **mapping: Any,
    ) -> None:
        self.stage = stage
        self.name = f"votes-{uuid.uuid4().hex[:8]}"
        self.kinesis, self.functions = stage.client("kinesis"), stage.client("lambda")
        self.dynamodb, self.s3 = stage.client("dynamodb"), stage.client("s3")
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1})
        for role, keys in KEYS.items():
            self.dynamodb.create_table(
                TableName=self.table(role),
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            )
        self.gateway = stage.client("apigatewayv2")
        api = self.gateway.create_api(
            Name=self.name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        self.api = api["ApiId"]
        self.socket_url = f"{api['ApiEndpoint']}/{STAGE_NAME}"
        self.environment = {
            **{f"{role.upper()}_TABLE_NAME": self.table(role) for role in KEYS},
            "RAW_BUCKET_NAME": self.name,
            "PUBLISH_FUNCTION_NAME": self.function("publish"),
            "ALLOWED_ORIGIN": SITE,
            "WEBSOCKET_ENDPOINT": self.socket_url.replace("ws:", "http:"),
            "CANDIDATES": json.dumps([{"id": candidate} for candidate in CANDIDATES]),
            "POWERTOOLS_SERVICE_NAME": self.name,
            "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Votes",
            **(environment or {}),
        }
        for role in ("aggregate", "publish", "socket"):
            self.functions.create_function(
                FunctionName=self.function(role),
                Runtime="python3.11",
                Handler="handler.handler",
                Role=ROLE,
                Timeout=60,
                Code={"ZipFile": packages[role].read_bytes()},
                Environment={"Variables": self.environment},
            )
        self._route_to(self.function("socket"))
        options = {"BatchSize": 2000, "MaximumRetryAttempts": -1, "StartingPosition": "TRIM_HORIZON"}
        self._mapping = self.functions.create_event_source_mapping(
            EventSourceArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/{self.name}",
            FunctionName=self.function("aggregate"),
            **(options | mapping),
        )["UUID"]

    def table(self, role: str) -> str:
        return f"{self.name}-{role}"

    def function(self, role: str) -> str:
        return f"{self.name}-{role}"

    def put(self, votes: Sequence[Vote]) -> None:
        """Put votes on the stream as ``votes_cast`` does, in order."""
        for first in range(0, len(votes), MOST_RECORDS):
            left = [
                {"Data": vote.to_record(), "PartitionKey": str(vote.vote_id)}
                for vote in votes[first : first + MOST_RECORDS]
            ]
            while left:
                answer = self.kinesis.put_records(StreamName=self.name, Records=left)
                # A shard takes 1,000 records a second; the rest comes again.
                left = [one for one, told in zip(left, answer["Records"], strict=True) if "ErrorCode" in told]
                time.sleep(0.05 if left else 0)

    def totals(self) -> Counter[str]:
        """The votes by candidate as the totals have them."""
        key = {"pk": {"S": "totals"}, "sk": {"S": "totals"}}
        item = self.dynamodb.get_item(TableName=self.table("aggregation"), Key=key, ConsistentRead=True).get("Item", {})
        return Counter(
            {name[2:]: int(value["N"]) for name, value in item.items() if name.startswith("n#") and int(value["N"])}
        )

    def seconds(self) -> Counter[str]:
        """The sums of the seconds, by candidate."""
        found: Counter[str] = Counter()
        for item in self.items("aggregation"):
            for name, value in item.items() if item["pk"]["S"] == "seconds" else ():
                _, marked, candidate = name.partition("#")
                if marked:
                    found[candidate] += int(value["N"])
        return found

    def orders(self) -> Counter[str]:
        """How often each vote's id is among the orders."""
        return Counter(str(vote_id) for item in self.items("orders") for vote_id, _, _ in votes_of(item))

    def items(self, role: str) -> list[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table(role), ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def read_to(self, votes: Sequence[Vote]) -> None:
        """Wait until the totals are those of ``votes``, then until nothing of the stream is left to be counted."""
        expected = Counter(vote.candidate for vote in votes)
        deadline = time.monotonic() + PATIENCE
        while self.totals() != expected or not self._all_read():
            assert time.monotonic() < deadline, f"{self.totals()} for {expected}; all read: {self._all_read()}"
            time.sleep(0.05)

    def prove(self, votes: Sequence[Vote]) -> None:
        """Each of ``votes`` is counted once, in the totals, the seconds and the orders, and nothing else is."""
        self.read_to(votes)
        expected = Counter(vote.candidate for vote in votes)
        assert self.seconds() == expected
        assert self.orders() == Counter(str(vote.vote_id) for vote in votes)
        assert self.totals() == expected

    def event(self) -> dict[str, Any]:
        """Everything that is on the stream's first shard, as one invocation's event."""
        shard = self.kinesis.list_shards(StreamName=self.name)["Shards"][0]["ShardId"]
        records = [
            {
                "eventID": f"{shard}:{record['SequenceNumber']}",
                "kinesis": {
                    "sequenceNumber": record["SequenceNumber"],
                    "data": base64.b64encode(record["Data"]).decode(),
                    "partitionKey": record["PartitionKey"],
                },
            }
            for record in self._records(shard)
        ]
        return {"Records": records}

    def invoke(self, event: dict[str, Any]) -> None:
        """Deliver an event to ``votes_aggregate``, which must take it."""
        answer = self.functions.invoke(FunctionName=self.function("aggregate"), Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()

    def workers(self) -> list[int]:
        """Process ids of the environments of ``votes_aggregate``."""
        mark = f"AWS_LAMBDA_FUNCTION_NAME={self.function('aggregate')}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and int(folder.name) != os.getpid():
                try:
                    if mark in (folder / "environ").read_bytes().split(b"\0"):
                        found.append(int(folder.name))
                except OSError:
                    continue
        return found

    def screen(self, **options: Any) -> AbstractContextManager[ClientConnection]:
        """A browser's WebSocket, open as long as the context."""
        return connect(self.socket_url, open_timeout=PATIENCE, **options)

    def connections(self) -> set[str]:
        return {item["connection_id"]["S"] for item in self.items("connections")} - {COUNT}

    def close(self) -> None:
        """Stop counting, so that it takes no time of the tests after."""
        mapping = self._mapping
        eventually(lambda: not self.functions.get_event_source_mapping(UUID=mapping)["State"].endswith("ing"))
        self.functions.delete_event_source_mapping(UUID=mapping)

    def _all_read(self) -> bool:
        """Whether the checkpoint of each shard that has records is at its last one."""
        reached = {
            item["sk"]["S"]: int(item["sequence"]["S"])
            for item in self.items("aggregation")
            if item["pk"]["S"] == "checkpoint"
        }
        for shard in self.kinesis.list_shards(StreamName=self.name)["Shards"]:
            records = self._records(shard["ShardId"])
            if records and reached.get(shard["ShardId"]) != int(records[-1]["SequenceNumber"]):
                return False
        return True

    def _records(self, shard: str) -> list[dict[str, Any]]:
        iterator = self.kinesis.get_shard_iterator(
            StreamName=self.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found: list[dict[str, Any]] = []
        while iterator:
            page = self.kinesis.get_records(ShardIterator=iterator, Limit=10_000)
            found += page["Records"]
            if not page["Records"]:
                break
            iterator = page.get("NextShardIterator")
        return found

    def _route_to(self, function: str) -> None:
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
        integration = self.gateway.create_integration(
            ApiId=self.api,
            IntegrationType="AWS_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        )["IntegrationId"]
        for route in ("$connect", "$disconnect", "$default"):
            self.gateway.create_route(ApiId=self.api, RouteKey=route, Target=f"integrations/{integration}")
        self.gateway.create_stage(ApiId=self.api, StageName=STAGE_NAME, AutoDeploy=True)


@contextmanager
def greeted(pipeline: VotesPipeline) -> Iterator[ClientConnection]:
    """A browser's WebSocket that has said hello, and has been given the totals."""
    with pipeline.screen() as screen:
        screen.send(json.dumps({"type": "hello"}))
        assert heard_by(screen)["type"] == "totals"
        yield screen


def heard_by(screen: ClientConnection) -> dict[str, Any]:
    """The next message to a browser."""
    message: dict[str, Any] = json.loads(screen.recv(timeout=PATIENCE))
    return message
