"""How long a click takes to every other screen: many open WebSockets, and votes cast one after another."""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import time
import uuid
from collections.abc import Mapping
from typing import Any

import urllib3
from websockets.asyncio.client import ClientConnection, connect

from datastreamer.sensor.votes.voters import uuid7

HANDSHAKES_AT_ONCE = 20
PAUSE_S = (0.3, 0.9)
"""Between two clicks: votes of people, of which each waits for its own update."""
PATIENCE_S = 30.0
_TOTALS = re.compile(r'"totals":({[^}]*})')


class Screen:
    """One WebSocket, and when it first showed each number of votes."""

    def __init__(self) -> None:
        self.shown: dict[int, float] = {}

    async def watch(self, socket: ClientConnection) -> None:
        """Read until the connection is closed."""
        async for message in socket:
            now = time.perf_counter()
            found = _TOTALS.search(message if isinstance(message, str) else message.decode())
            if found:
                self.shown.setdefault(sum(json.loads(found[1]).values()), now)

    def first_with(self, votes: int) -> float | None:
        """When it first showed so many votes or more."""
        return min((moment for number, moment in self.shown.items() if number >= votes), default=None)


async def click_to_screen(site: Mapping[str, Any], screens: int, clicks: int) -> dict[str, float]:
    """p50, p99 and the longest time in ms from before POST /votes until a screen has the update, of all screens.

    Nobody else may vote meanwhile.
    """
    gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
    watching = [Screen() for _ in range(screens)]
    sockets: list[ClientConnection] = []
    readers: list[asyncio.Task[None]] = []

    async def open_one(screen: Screen) -> None:
        async with gate:
            socket = await connect(site["socket_url"], open_timeout=PATIENCE_S, ping_interval=None, compression=None)
        sockets.append(socket)
        readers.append(asyncio.create_task(screen.watch(socket)))

    await asyncio.gather(*(open_one(screen) for screen in watching))
    pool = urllib3.PoolManager()
    before = sum(pool.request("GET", f"{site['api_url']}/totals").json()["totals"].values())
    client = str(uuid.uuid4())
    chance = random.Random(5)
    begun = []
    for _ in range(clicks):
        body = {
            "vote_id": str(uuid7(time.time_ns() // 1_000_000, chance.getrandbits(74))),
            "candidate": site["candidates"][0]["id"],
            "client_id": client,
        }
        begun.append(time.perf_counter())
        answer = await asyncio.to_thread(
            pool.request, "POST", f"{site['api_url']}/votes", json=body, retries=False, timeout=PATIENCE_S
        )
        if answer.status != 202:
            raise RuntimeError(f"a vote was answered {answer.status}: {answer.data!r}")
        await asyncio.sleep(chance.uniform(*PAUSE_S))
    times = await _all_shown(watching, before, begun)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*(socket.close() for socket in sockets))
    return times


async def _all_shown(watching: list[Screen], before: int, begun: list[float]) -> dict[str, float]:
    deadline = time.monotonic() + PATIENCE_S
    while not all(screen.first_with(before + len(begun)) for screen in watching):
        if time.monotonic() > deadline:
            raise RuntimeError("a screen never showed the last vote")
        await asyncio.sleep(0.05)
    times = sorted(
        1000 * ((screen.first_with(before + number) or float("inf")) - moment)
        for screen in watching
        for number, moment in enumerate(begun, start=1)
    )
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "longest_ms": times[-1]}
