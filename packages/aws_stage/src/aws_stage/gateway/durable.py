"""ministack, with what a call changed on disk before the call is answered.

A call that only reads passes through untouched, body and all. A call that changes a service is answered once the
service's state file is written. Data, which is much, lies in stores of its own. What a service changes by itself, such
as an alarm's state, is written within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re

from aws_stage.gateway.asgi import AsgiApp, Message, Receive, Scope, Send
from aws_stage.gateway.protocol import address_of
from aws_stage.gateway.reply import Reply
from aws_stage.storage.manifest.writes import Writes
from aws_stage.storage.state_files import StateFiles, state_keys

logger = logging.getLogger("aws_stage.durable")

SWEEP_SECONDS = 0.5
IDLE_SWEEP_SECONDS = 5.0
SHARE_OF_TIME = 20
"""A sweep is followed by a pause at least this many times as long, so that saving never takes 5 % of the process."""

JOURNALLED = frozenset(
    {
        ("monitoring", "PutMetricData"),
        ("logs", "PutLogEvents"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "UpdateItem"),
        ("dynamodb", "DeleteItem"),
        ("dynamodb", "BatchWriteItem"),
        ("dynamodb", "TransactWriteItems"),
        ("dynamodb", "ExecuteStatement"),
        ("dynamodb", "BatchExecuteStatement"),
        ("dynamodb", "ExecuteTransaction"),
        ("sns", "Publish"),
        ("sns", "PublishBatch"),
        ("sqs", "SendMessage"),
        ("sqs", "SendMessageBatch"),
        ("sqs", "ReceiveMessage"),
        ("sqs", "DeleteMessage"),
        ("sqs", "DeleteMessageBatch"),
        ("sqs", "ChangeMessageVisibility"),
        ("sqs", "ChangeMessageVisibilityBatch"),
        ("sqs", "PurgeQueue"),
    }
)
"""What these change is in a journal, or a store of its own, by the time they are answered."""

NOT_WAITED_FOR = frozenset({("events", "PutEvents")})
"""Events are delivered, not kept."""

_READS = re.compile(
    r"(Get|List|Describe|BatchGet|Search|Query|Scan|Filter|Lookup|Check|Validate|Simulate|Test|Encrypt|Decrypt|ReEncrypt"
    r"|GenerateData|GenerateRandom|Sign|Verify|Select|Head|Preview|Estimate|StartQuery)"
)
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


class Durable:
    """An ASGI application around ministack's."""

    def __init__(self, app: AsgiApp, files: StateFiles, writes: Writes) -> None:
        self._app = app
        self._writes = writes
        self._files = files
        self._touched = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep; needs the running loop."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    def stop(self) -> None:
        """Stop sweeping, after one last time."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._files.save()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            reply = Reply(scope, send, self._writes, None)
        else:
            change = _Change(scope)
            receive = change.watch(receive)
            reply = Reply(scope, send, self._writes, lambda: self._save(change))
        try:
            await self._app(scope, receive, reply)
        except OSError as error:
            await reply.fail(error)

    def _save(self, change: _Change) -> None:
        if change.reads():
            return
        self._touched.set()
        keys = change.keys()
        if keys:
            self._files.save(keys)

    async def _sweep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._touched.wait(), IDLE_SWEEP_SECONDS)
            await asyncio.sleep(SWEEP_SECONDS)
            self._touched.clear()
            try:
                took = self._files.save()
            except Exception:
                logger.exception("saving the services' state failed; trying again")
                took = 1.0
            await asyncio.sleep(took * SHARE_OF_TIME)


class _Change:
    """What a request may change, as far as its head and the start of its body say."""

    def __init__(self, scope: Scope) -> None:
        address = address_of(scope["headers"])
        self._service = address.service
        self._operation = address.operation
        self._path: str = scope["path"]
        self._query: bytes = scope.get("query_string", b"")

    def watch(self, receive: Receive) -> Receive:
        """``receive``, with a look at the first part of a form, where the Query protocol names its action."""

        async def look() -> Message:
            message = await receive()
            if self._operation is None and message["type"] == "http.request":
                found = _ACTION.search(self._query) or _ACTION.search(message.get("body", b"")[:4096])
                self._operation = found[1].decode() if found else ""
            return message

        return look

    def reads(self) -> bool:
        """Whether it changes nothing."""
        return bool(self._operation and _READS.match(self._operation))

    def keys(self) -> tuple[str, ...]:
        """The state files to write before the answer."""
        if self._service is None or (self._service, self._operation) in JOURNALLED | NOT_WAITED_FOR:
            return ()
        if self._service == "s3" and "/" in self._path.strip("/"):
            return ()  # objects, their metadata and their versions lie in files of their own
        if self._service == "execute-api":
            return ()  # deployed APIs are called, not changed; their open connections end with the process
        if self._service == "lambda" and self._path.endswith("/invocations"):
            return ()
        return state_keys(self._service)
