"""SQS: messages lie in SQLite, and what a call changed is there before it is answered.

ministack keeps them in the service's one state file, which would be written whole, every message of every queue, at
each call. Here a queue's messages are held against what is on disk when a call names the queue or has changed how many
there are, and what differs is written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from aws_stage.errors import ConfigurationError
from aws_stage.kernel.steady_time import SteadyTime
from aws_stage.patches.replace import replace
from aws_stage.patches.state import keep_apart
from aws_stage.storage.manifest.manifest import Manifest
from aws_stage.storage.store import Store

_NAMED = re.compile(rb"QueueUrl\W[^,&]*?([\w-]{1,80}(?:\.fifo)?)(?=[\"&,}\s]|$)")
LONGEST_HIDDEN_SECONDS = 43_200
"""SQS hides a message for 12 hours at most (quotas of Amazon SQS, "Message visibility timeout")."""

Message = dict[str, Any]
State = tuple[Any, ...]


def _state(message: Message) -> State:
    """What of a message changes while it lies in a queue."""
    return message["visible_at"], message["receipt_handle"], message["receive_count"]


class QueueMessages:
    """The messages of one queue as they are on disk."""

    def __init__(self, store: Store, queue: str) -> None:
        self._store = store
        self._queue = queue
        self._known: dict[str, tuple[str, State]] = {}

    def restore(self) -> list[Message]:
        """The messages, in the order in which they came."""
        found = self._store.items(self._queue)
        self._known |= {message["id"]: (key, _state(message)) for key, message in found}
        return [message for _, message in found]

    def differs(self, messages: list[Message]) -> bool:
        """Whether there are other messages than on disk, as far as their number tells."""
        return len(messages) != len(self._known)

    def write(self, messages: list[Message]) -> None:
        """Bring what is on disk to what there is."""
        gone = self._known.keys() - {message["id"] for message in messages}
        new = [message for message in messages if message["id"] not in self._known]
        changed = [m for m in messages if m["id"] in self._known and self._known[m["id"]][1] != _state(m)]
        if not gone and not new and not changed:
            return
        with self._store.transaction():
            for message_id in gone:
                self._store.delete(self._queue, self._known[message_id][0])
            for message in changed:
                self._store.put(self._queue, self._known[message["id"]][0], message)
            keys = self._store.append(self._queue, new)
        for message_id in gone:
            del self._known[message_id]
        self._known |= {m["id"]: (self._known[m["id"]][0], _state(m)) for m in changed}
        self._known |= {m["id"]: (key, _state(m)) for key, m in zip(keys, new, strict=True)}


class Messages:
    """The messages of every queue of ministack's module ``sqs``."""

    def __init__(self, sqs: Any, store: Store, now: Callable[[], float]) -> None:
        self._sqs = sqs
        self._store = store
        self._now = now
        self._queues: dict[str, QueueMessages] = {}

    def _of(self, key: tuple[str, str, str]) -> QueueMessages:
        identity = json.dumps(key)
        if identity not in self._queues:
            self._queues[identity] = QueueMessages(self._store, identity)
        return self._queues[identity]

    def write(self, name: str | None = None) -> None:
        """Write the queues called ``name`` (every queue, when None), and those that have more or fewer messages."""
        for key, queue in list(self._sqs._queues._data.items()):
            kept = self._of(key)
            if name is None or queue["name"] == name or kept.differs(queue["messages"]):
                kept.write(queue["messages"])

    def queues_for_state(self) -> Any:
        """Every queue without its messages; those of queues that are gone go now."""
        self.write()
        queues = self._sqs.AccountRegionScopedDict()
        for key, queue in list(self._sqs._queues._data.items()):
            queues._data[key] = {**queue, "messages": []}
        live = {json.dumps(key) for key in queues._data}
        for identity in self._queues.keys() - live:
            self._store.clear(identity)
            del self._queues[identity]
        return queues

    def restored(self) -> None:
        """Join the queues that were restored with their messages.

        A message that an earlier stage hid by a clock that was ahead is hidden no longer than SQS may hide one.
        Raises ConfigurationError for messages of a queue that is not known.
        """
        for key, queue in list(self._sqs._queues._data.items()):
            found = self._of(key).restore()
            for message in found:
                message["visible_at"] = min(message["visible_at"], self._now() + LONGEST_HIDDEN_SECONDS)
            queue["messages"] = found
            numbers = [int(message["seq"]) for message in found if message.get("seq")]
            queue["fifo_seq"] = max([queue.get("fifo_seq", 0), *numbers])
        self.refuse_orphans()

    def refuse_orphans(self) -> None:
        """Raise ConfigurationError when there are messages of queues that are not known."""
        if set(self._store.kinds()) - self._queues.keys():
            raise ConfigurationError(
                f"{self._store.path} holds messages of an SQS queue that the stage's state does not name. The local "
                "stage does not start over damaged state. Restore the state folder from a copy, or give up the "
                "messages of every queue: aws-stage forget sqs/messages.sqlite"
            )


def named_queue(body: bytes) -> str | None:
    """The queue that a request names, in either protocol; None when it names none."""
    match = _NAMED.search(body if body.startswith(b"{") else unquote_to_bytes(body))
    return match[1].decode() if match else None


def apply(manifest: Manifest) -> None:
    from ministack.core import persistence
    from ministack.services import sns, sqs

    state = Path(os.environ["STATE_DIR"])
    store = Store(
        state.with_name("sqs") / "messages.sqlite",
        manifest,
        default=persistence._json_default,
        object_hook=persistence._json_object_hook,
    )
    # Visibility timeouts, delays and long polls are counted in seconds: a clock that is set must not stretch them.
    steady = SteadyTime()
    replace(sqs, "time", steady)
    messages = Messages(sqs, store, steady.time)
    if not (state / "sqs.json").exists():
        messages.refuse_orphans()

    def writing(service: Any) -> None:
        async def handle_request(method: str, path: str, headers: Any, body: bytes, *args: Any) -> Any:
            answer = await original(method, path, headers, body, *args)
            messages.write(named_queue(body) or "" if service is sqs else "")
            return answer

        original = replace(service, "handle_request", handle_request)

    writing(sqs)
    writing(sns)

    def load(data: Any) -> None:
        original_load(data)
        messages.restored()

    original_load = replace(sqs, "load_persisted_state", load)
    keep_apart(sqs, {"queues": messages.queues_for_state})
