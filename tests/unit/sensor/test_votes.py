"""Simulated voters: what they draw, and that each vote is sent until it is taken or refused for good."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.votes import browser as sending
from datastreamer.sensor.votes.browser import Browser
from datastreamer.sensor.votes.tally_sheet import TallySheet
from datastreamer.sensor.votes.voters import Click, Voters, uuid7


class Api(ThreadingHTTPServer):
    """A REST API that answers as it is told: a status, or None to hang up; 202 when it was told nothing more."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int | None] = []
        self.bodies: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status = self.server.answers.pop(0) if self.server.answers else 202
        if status is None:
            self.close_connection = True
            return
        content = json.dumps({"error": {"code": "expired", "message": "too old"}}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sending, "LONGEST_PAUSE", 0.001)
    server = Api()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def click(copies: int = 1) -> Click:
    return Click(str(uuid7(1_763_630_000_000, 5)), "kinoko", "client", copies)


def send(api: Api, what: Click) -> TallySheet:
    sheet = TallySheet()
    Browser(api.url, 1, sheet, StopRequest()).vote(what)
    return sheet


def test_a_vote_that_is_taken_is_counted_once(api: Api) -> None:
    sheet = send(api, click())
    assert (sheet.accepted, sheet.sent_again, sheet.retried) == (Counter(kinoko=1), 0, 0)
    assert api.bodies == [click().body]


def test_a_copy_is_sent_under_the_same_id_and_is_no_second_vote(api: Api) -> None:
    sheet = send(api, click(copies=2))
    assert (sheet.accepted.total(), sheet.sent_again) == (1, 1)
    assert [body["vote_id"] for body in api.bodies] == [click().vote_id] * 2


@pytest.mark.parametrize("failure", [429, 500, 503, None])
def test_what_may_pass_is_tried_again(api: Api, failure: int | None) -> None:
    api.answers = [failure, failure]
    sheet = send(api, click())
    assert (sheet.accepted.total(), sheet.retried, len(api.bodies)) == (1, 2, 3)


def test_a_refusal_is_final_and_named(api: Api) -> None:
    api.answers = [400]
    sheet = send(api, click())
    assert (sheet.accepted.total(), sheet.refused, len(api.bodies)) == (0, Counter(expired=1), 1)


def test_an_outage_is_sat_out(api: Api) -> None:
    api.answers = [None] * 40
    sheet = send(api, click())
    assert (sheet.accepted.total(), sheet.retried, sheet.unsent) == (1, 40, 0)


def test_a_vote_that_is_not_taken_for_long_is_given_up_and_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "GIVE_UP_AFTER", 0.05)
    api.answers = [503] * 10_000
    sheet = send(api, click())
    assert (sheet.accepted.total(), sheet.unsent) == (0, 1)


def test_a_run_that_is_stopped_does_not_try_again(api: Api) -> None:
    stop, sheet = StopRequest(), TallySheet()
    stop.request()
    api.answers = [503, 503]
    Browser(api.url, 1, sheet, stop).vote(click())
    assert (sheet.unsent, len(api.bodies)) == (1, 1)


def test_equal_seeds_vote_alike() -> None:
    first, second = (Voters(5, ["a", "b"], 0.5, seed=3) for _ in range(2))
    assert [first.click(ms) for ms in range(50)] == [second.click(ms) for ms in range(50)]


def test_as_many_votes_are_sent_again_as_was_asked() -> None:
    voters = Voters(5, ["a", "b"], 0.1, seed=3)
    copies = Counter(voters.click(0).copies for _ in range(10_000))
    assert set(copies) == {1, 2}
    assert 900 < copies[2] < 1100


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_an_id_is_a_uuid_of_version_7_that_holds_its_time(milliseconds: int, drawn: int) -> None:
    made = uuid7(milliseconds, drawn)
    assert (made.version, made.variant, made.int >> 80) == (7, RFC_4122, milliseconds)
    assert uuid7(milliseconds, drawn ^ 1) != made
    assert isinstance(made, UUID)
