"""A small votes API in memory, with its socket and the site's files: REST, WebSocket and pages on one port.

It keeps the contract (a vote id counts once, versions grow, at most so many updates a second) and fails on demand. The
site and the API are different origins (``127.0.0.1`` and ``localhost``), as they are on AWS.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

CANDIDATES = [
    {
        "id": "kinoko",
        "labels": {"ja": "きのこの山", "en": "Mushroom Mountain"},
        "color": {"light": "#a83a22", "dark": "#c04a2c"},
        "picture": "kinoko.svg",
    },
    {
        "id": "takenoko",
        "labels": {"ja": "たけのこの里", "en": "Bamboo Village"},
        "color": {"light": "#4a7429", "dark": "#56822f"},
        "picture": "takenoko.svg",
    },
]
UPDATE_EVERY = 0.1


class FakeVotes:
    """What the fake holds and how it misbehaves; written by the test, read by the server's thread."""

    def __init__(self, site: Path, description: dict[str, Any]) -> None:
        self._lock = threading.RLock()
        """Of the votes and the round: what the test changes in one call is published whole."""
        self.site = site
        self.description = description
        self.port = 0
        self.candidates = CANDIDATES
        self.votes: dict[str, str] = {}
        self.earlier: Counter[str] = Counter()
        """Votes that were counted before all others."""
        self.requests: list[dict[str, Any]] = []
        self.answers: deque[tuple[int, dict[str, str], dict[str, Any]]] = deque()
        """Answers to give instead of taking the vote: status, headers, body; the first one is used first."""
        self.lose_answers = 0
        """So many votes are taken and their answer is then lost."""
        self.seconds: dict[int, Counter[str]] = {}
        self.version = 1
        self.round = 1
        self.state = "open"
        self.refusing = False
        """No vote is taken for now (503)."""
        self.judges_time = False
        """A vote more than five minutes ahead is refused, as the contract has it."""
        self.silent = False
        """Neither the socket nor ``GET /totals`` gives the totals."""
        self.socket_refused = False
        self.config_missing = False
        self.sockets: set[asyncio.Queue[str | None]] = set()
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def totals(self) -> dict[str, int]:
        counted = self.earlier + Counter(self.votes.values())
        return {candidate["id"]: counted[candidate["id"]] for candidate in self.candidates}

    def add(self, candidate: str, votes: int, second: int | None = None) -> None:
        """Somebody else voted."""
        with self._lock:
            for _ in range(votes):
                self._count(f"other-{len(self.votes)}", candidate, second or int(time.time()))

    def set_state(self, state: str) -> None:
        """The round is ``open``, ``frozen`` or ``closed`` from now on."""
        with self._lock:
            self.state = state
            self.version += 1

    def begin_round(self) -> None:
        """The next round begins, with no votes."""
        with self._lock:
            self.round += 1
            self.votes, self.earlier, self.seconds, self.version = {}, Counter(), {}, 0

    def message(self) -> dict[str, Any]:
        with self._lock:
            return self._message()

    def _message(self) -> dict[str, Any]:
        newest = int(time.time())
        seconds = [[second, dict(self.seconds[second])] for second in sorted(self.seconds) if second > newest - 180]
        return {
            "round": self.round,
            "state": self.state,
            "totals": self.totals,
            "version": self.version,
            "seconds": seconds,
            "online": max(1, len(self.sockets)),
            "at": int(time.time() * 1000),
        }

    def drop_sockets(self) -> None:
        """End every connection, as a restarted gateway would."""
        assert self.loop
        self.loop.call_soon_threadsafe(lambda: [queue.put_nowait(None) for queue in self.sockets])

    def _count(self, vote_id: str, candidate: str, second: int) -> None:
        with self._lock:
            if vote_id in self.votes:
                return
            self.votes[vote_id] = candidate
            self.seconds.setdefault(second, Counter())[candidate] += 1
            self.version += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._socket(receive, send)
        elif scope["path"].startswith("/api/"):
            await self._api(scope, receive, send)
        else:
            await self._file(scope, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self.loop = asyncio.get_running_loop()
        updates = asyncio.create_task(self._publish())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        updates.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _publish(self) -> None:
        told = (0, 0, 0)
        while True:
            await asyncio.sleep(UPDATE_EVERY)
            with self._lock:
                if (self.round, self.version, len(self.sockets)) == told:
                    continue
                if told[2] != len(self.sockets):
                    self.version += 1
                told = (self.round, self.version, len(self.sockets))
                text = json.dumps({"type": "totals", **self._message()})
            for queue in self.sockets:
                queue.put_nowait(text)

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.socket_refused or self.silent:
            await send({"type": "websocket.close", "code": 1013})
            return
        await send({"type": "websocket.accept"})
        outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        self.sockets.add(outgoing)
        writer = asyncio.create_task(self._write(outgoing, send))
        try:
            while (event := await receive())["type"] == "websocket.receive":
                kind = json.loads(event["text"])["type"]
                reply = {"type": "pong"} if kind == "ping" else {"type": "totals", **self.message()}
                outgoing.put_nowait(json.dumps(reply))
        finally:
            self.sockets.discard(outgoing)
            writer.cancel()

    async def _write(self, outgoing: asyncio.Queue[str | None], send: Send) -> None:
        with suppress(Exception):
            while (text := await outgoing.get()) is not None:
                await send({"type": "websocket.send", "text": text})
            await send({"type": "websocket.close", "code": 1001})

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._answer(send, 204, {}, None)
        elif self.silent and scope["method"] == "GET":
            await self._answer(send, 503, {}, None)
        elif (scope["method"], scope["path"]) == ("GET", "/api/totals"):
            await self._answer(send, 200, {}, self.message())
        else:
            await self._vote(await _body(receive), send)

    async def _vote(self, body: bytes, send: Send) -> None:
        vote = json.loads(body)
        self.requests.append(vote)
        if self.refusing:
            await self._answer(send, 503, {}, {"error": {"code": "unavailable", "message": "not now"}})
            return
        if self.answers:
            await self._answer(send, *self.answers.popleft())
            return
        minted = int(vote["vote_id"].replace("-", "")[:12], 16) / 1000
        if self.judges_time and minted > time.time() + 300:
            await self._answer(send, 400, {}, {"error": {"code": "from_the_future", "message": "the clock is ahead"}})
            return
        self._count(vote["vote_id"], vote["candidate"], int(time.time()))
        if self.lose_answers:
            self.lose_answers -= 1
            await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"99")]})
            return
        await self._answer(send, 202, {}, {"vote_id": vote["vote_id"]})

    async def _answer(self, send: Send, status: int, headers: dict[str, str], content: Any) -> None:
        cross_origin = {
            "access-control-allow-origin": f"http://127.0.0.1:{self.port}",
            "access-control-allow-headers": "content-type",
            "access-control-expose-headers": "retry-after",
            "content-type": "application/json",
        }
        body = b"" if content is None else json.dumps(content).encode()
        await _respond(send, status, {**cross_origin, **headers}, body)

    async def _file(self, scope: Scope, send: Send) -> None:
        name = scope["path"].lstrip("/") or "index.html"
        api, socket = f"http://localhost:{self.port}", f"ws://localhost:{self.port}"
        if name == "config.json" and not self.config_missing:
            config = {"api_url": f"{api}/api", "socket_url": f"{socket}/socket", "candidates": self.candidates}
            await _respond(send, 200, {"content-type": "application/json"}, json.dumps(config).encode())
            return
        described = self.description["files"].get(name)
        if described is None:
            await _respond(send, 404, {}, b"")
            return
        body = (self.site / name).read_bytes()
        if name == "index.html":
            body = body.replace(b"{{CONNECT_SRC}}", f"{api} {socket}".encode())
        headers = {
            key: value.replace("{{CONNECT_SRC}}", f"{api} {socket}")
            for key, value in self.description["headers"].items()
        }
        headers |= {"content-type": described["content_type"], "cache-control": described["cache_control"]}
        await _respond(send, 200, headers, body)


@contextmanager
def serving(fake: FakeVotes) -> Iterator[FakeVotes]:
    """Serve ``fake`` on a free port, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(fake, host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    fake.port = server.servers[0].sockets[0].getsockname()[1]
    yield fake
    server.force_exit = server.should_exit = True
    thread.join()


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            return body


async def _respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    pairs = [(key.encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
