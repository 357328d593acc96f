"""Sending a vote as a browser does: again, after a while, until it is taken or refused for good, or the run stops."""

from __future__ import annotations

import itertools
import json
import random
import time
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError

from datastreamer.aws.loopback import reachable
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.votes.tally_sheet import TallySheet
from datastreamer.sensor.votes.voters import Click

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
TIMEOUT: Final = 10.0
GIVE_UP_AFTER: Final = 300.0
"""Seconds for which a vote is tried, as long as a sensor tries a record. A real browser keeps a vote for a day."""


class Browser:
    """Posts votes to the API at ``api_url``; one for all threads."""

    def __init__(self, api_url: str, connections: int, sheet: TallySheet, stop: StopRequest) -> None:
        self._url, named = reachable(f"{api_url}/votes")
        self._headers = {"content-type": "application/json", **named}
        self._pool = urllib3.PoolManager(maxsize=connections, block=True, timeout=TIMEOUT, retries=False)
        self._sheet = sheet
        self._stop = stop

    def vote(self, click: Click) -> None:
        """Send the vote, and its copies, and note what became of it."""
        body = json.dumps(click.body).encode()
        for copy in range(click.copies):
            self._send(click, copy, body)

    def _send(self, click: Click, copy: int, body: bytes) -> None:
        deadline = time.monotonic() + GIVE_UP_AFTER
        for attempt in itertools.count():
            begun = time.monotonic()
            try:
                answer = self._pool.request("POST", self._url, body=body, headers=self._headers)
            except HTTPError:
                status = 0
            else:
                status = answer.status
            if status == 202:
                self._sheet.take(click, copy, time.monotonic() - begun)
                return
            if 400 <= status < 500 and status != 429:
                self._sheet.refuse(_code(answer.data, status))
                return
            self._sheet.retry()
            if time.monotonic() >= deadline or self._stop.stopped:
                self._sheet.give_up()
                return
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt, 10))
            self._stop.wait(random.uniform(pause / 2, pause))  # noqa: S311  jitter, no secret


def _code(content: bytes, status: int) -> str:
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return f"http_{status}"
