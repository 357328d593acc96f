"""Scoring: one call a batch, retries while there is time, bad rows found and set apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from datastreamer.scoring.calls import KINDS, CallCounts, Calls
from datastreamer.scoring.control import Control
from datastreamer.scoring.delivery import Failed, Outcome, Rejected, Scored
from datastreamer.scoring.endpoint import Endpoint
from datastreamer.scoring.pacing import Deadline
from datastreamer.scoring.payload import payload_of
from datastreamer.scoring.scorer import Scorer
from tests.unit.inference.fakes import FakeEndpoint, FakeSageMaker, FakeTime, client_error, model_error, serving

URL = "http://nowhere"


def scorer(
    fake: FakeEndpoint,
    *,
    seconds: float = 45.0,
    time: FakeTime | None = None,
    most_rows: int = 1000,
    sagemaker: FakeSageMaker | None = None,
    control: Control | None = None,
    report: Callable[[CallCounts], None] = lambda _: None,
) -> Scorer:
    time = time or FakeTime()
    clock = time.clock
    runtime: Any = fake
    endpoint = Endpoint(runtime, "e", payload_of("text/csv"), serving(sagemaker, time))
    deadline = Deadline(clock, clock.now() + seconds, time.backoff)
    return Scorer(endpoint, most_rows, deadline, 10, Calls(clock, report), control or Control())


def rows(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


def kinds(outcomes: Iterable[Outcome]) -> str:
    """S for scored, R for rejected, F for failed."""
    return "".join(type(outcome).__name__[0] for outcome in outcomes)


def bad_rows(error: Exception, *bad: int) -> FakeEndpoint:
    """A model that raises ``error`` for a call that has a row of ``bad``."""

    def model(row: list[str]) -> str:
        if int(row[0]) in bad:
            raise error
        return row[0]

    return FakeEndpoint(model=model)


def test_a_batch_is_one_call_and_scores_keep_their_rows() -> None:
    fake = FakeEndpoint()
    outcomes = scorer(fake).score(rows(500))
    assert fake.calls == 1
    assert [outcome.scores[0] for outcome in outcomes if isinstance(outcome, Scored)] == list(range(500))


def test_no_rows_are_no_call() -> None:
    fake = FakeEndpoint()
    assert scorer(fake).score([]) == []
    assert fake.calls == 0


def test_more_rows_than_the_model_takes_are_several_calls() -> None:
    fake = FakeEndpoint()
    assert kinds(scorer(fake, most_rows=3).score(rows(7))) == "S" * 7
    assert [body.count(b"\n") + 1 for body in fake.bodies] == [3, 3, 1]


@pytest.mark.parametrize(
    "fault",
    [
        client_error("ThrottlingException"),
        client_error("ServiceUnavailable", 503),
        client_error("InternalFailure", 500),
        client_error("InternalDependencyException", 530),
        client_error("ModelNotReadyException", 429),
        model_error(500),
        model_error(503),
        model_error(429),
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        b"0.1",
    ],
    ids=str,
)
def test_what_may_pass_is_tried_again_after_a_pause(fault: Exception | bytes) -> None:
    fake, time = FakeEndpoint([fault, fault]), FakeTime()
    asked = scorer(fake, time=time)
    assert kinds(asked.score(rows(3))) == "SSS"
    assert (fake.calls, asked.retries, len(time.pauses)) == (3, 2, 2)


def test_pauses_grow_and_end_in_time_for_what_comes_after() -> None:
    fake, time = FakeEndpoint([client_error("ThrottlingException")] * 1000), FakeTime()
    began = time.seconds
    assert kinds(scorer(fake, time=time, seconds=45).score(rows(2))) == "FF"
    assert time.seconds - began <= 45 - 10
    assert max(time.pauses[:3]) < max(time.pauses[3:])
    assert 8 < fake.calls < 60


def test_rows_not_yet_asked_for_fail_without_another_call() -> None:
    fake = FakeEndpoint([None] + [client_error("ThrottlingException")] * 1000)
    assert kinds(scorer(fake, most_rows=2).score(rows(6))) == "SSFFFF"
    assert set(fake.bodies[1:]) == {b"2\n3"}


@pytest.mark.parametrize("code", ["ValidationError", "AccessDeniedException"])
def test_what_somebody_must_fix_is_not_tried_again(code: str) -> None:
    fake = FakeEndpoint([client_error(code, message="Endpoint e not found")])
    outcomes = scorer(fake).score(rows(3))
    assert kinds(outcomes) == "FFF"
    assert fake.calls == 1
    assert isinstance(outcomes[0], Failed)
    assert "Endpoint e not found" in outcomes[0].detail


@pytest.mark.parametrize("bad", [(0,), (250,), (499,), (0, 499), (7, 8, 9), (100, 200, 300, 400)])
def test_a_refused_row_is_found_by_halving_and_the_others_are_scored(bad: tuple[int, ...]) -> None:
    fake = bad_rows(model_error(400, "feature mismatch"), *bad)
    outcomes = scorer(fake).score(rows(500))
    assert [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Scored)] == list(bad)
    assert all(
        outcomes[place] == Rejected("refused_by_model", "the model answered 400: feature mismatch") for place in bad
    )
    assert fake.calls <= len(bad) * 18 + 1


def test_rows_of_another_width_are_set_apart_by_few_calls() -> None:
    def model(row: list[str]) -> str:
        if len(row) != 3:
            raise model_error(400, "feature mismatch")
        return "0.5"

    short, long, right = b"1,2", b"1,2,3,4", b"1,2,3"
    fake = FakeEndpoint(model=model)
    batch = [short if place % 100 == 7 else long if place % 250 == 9 else right for place in range(500)]
    expected = "".join("S" if row == right else "R" for row in batch)
    assert kinds(scorer(fake).score(batch)) == expected
    assert fake.calls == 1 + 1 + 9 + 3


@pytest.mark.parametrize("bad", [(0,), (3,), (7,), (0, 7), (0, 1, 2, 3, 4, 5, 6)])
def test_a_row_that_breaks_the_model_is_set_apart_when_the_model_scores_others(bad: tuple[int, ...]) -> None:
    outcomes = scorer(bad_rows(model_error(500, "IndexError"), *bad)).score(rows(8))
    assert [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Scored)] == list(bad)
    assert all(outcomes[place] == Rejected("model_failed", "the model answered 500: IndexError") for place in bad)


def test_many_rows_that_break_the_model_are_set_apart_too() -> None:
    fake = bad_rows(model_error(500), *range(0, 120, 2))
    assert kinds(scorer(fake, seconds=10_000).score(rows(120))) == "RS" * 60


def test_a_piece_of_a_call_at_which_the_model_fails_is_cut_at_once() -> None:
    fake = bad_rows(model_error(500), 0)
    assert kinds(scorer(fake).score(rows(64))) == "R" + "S" * 63
    sizes = [body.count(b"\n") + 1 for body in fake.bodies if body.startswith(b"0")]
    assert sizes == [64] * 4 + [32, 16, 8, 4, 2] + [1] * 2


def test_a_model_that_comes_back_scores_every_row() -> None:
    time = FakeTime()
    back = time.seconds + 10

    def restarting(row: list[str]) -> str:
        if time.seconds < back:
            raise model_error(0, "no response")
        return row[0]

    for count in (1, 2, 500):
        fake = FakeEndpoint(model=restarting)
        assert kinds(scorer(fake, time=time).score(rows(count))) == "S" * count
        assert fake.calls < 100
        back = time.seconds + 10


def test_a_model_that_goes_down_after_it_scored_some_rows_rejects_none_of_the_others() -> None:
    time = FakeTime()
    began = time.seconds

    class Restarting(FakeEndpoint):
        def _answer(self, request: dict[str, Any]) -> bytes:
            if self.calls > 1 and time.seconds < began + 10:
                raise model_error(500)
            return super()._answer(request)

    assert kinds(scorer(Restarting(), time=time, most_rows=5).score(rows(20))) == "S" * 20


def test_a_model_that_answers_no_row_is_down_and_rejects_none() -> None:
    fake = bad_rows(model_error(500), *range(500))
    assert kinds(scorer(fake).score(rows(500))) == "F" * 500
    assert fake.calls < 100


@pytest.mark.parametrize(
    "fault",
    [model_error(500), b"", b"<html>busy</html>", b"abc", b"0.1,0.2\n0.3"],
    ids=["500", "no score", "html", "text", "too many"],
)
def test_a_row_that_breaks_the_model_and_comes_alone_is_set_apart_by_a_row_of_an_earlier_batch(
    fault: Exception | bytes,
) -> None:
    class Breaking(FakeEndpoint):
        def _answer(self, request: dict[str, Any]) -> bytes:
            if request["Body"] == b"7":
                if isinstance(fault, Exception):
                    raise fault
                return fault
            return super()._answer(request)

    control, fake = Control(), Breaking()
    assert kinds(scorer(fake, control=control).score([b"8"])) == "S"
    outcomes = scorer(fake, control=control).score([b"7"])
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Rejected)] == ["model_failed"]
    assert fake.bodies[1:] == [b"7"] * 4 + [b"8", b"7", b"8"]


def test_a_row_that_breaks_the_model_and_comes_first_of_all_is_set_apart_by_zeros() -> None:
    fake = bad_rows(model_error(500), 7)
    assert kinds(scorer(fake).score([b"7,1"])) == "R"
    assert fake.bodies == [b"7,1"] * 4 + [b"0,0", b"7,1", b"0,0"]


def test_a_control_that_the_new_model_refuses_is_replaced_by_zeros() -> None:
    def model(row: list[str]) -> str:
        if row[0] == "8":
            raise model_error(400, "unknown category")
        if row[0] == "7":
            raise model_error(500)
        return "0.5"

    control = Control()
    control.remember(b"8")
    assert kinds(scorer(FakeEndpoint(model=model), control=control).score([b"7"])) == "R"


def test_a_row_alone_at_which_a_model_fails_that_scores_no_other_is_not_rejected() -> None:
    fake = FakeEndpoint([model_error(500)] * 1000)
    assert kinds(scorer(fake).score([b"7"])) == "F"
    assert kinds(scorer(bad_rows(model_error(500), 0)).score([b"0"])) == "F"


def test_a_row_that_a_model_scores_once_it_is_back_is_not_rejected() -> None:
    # It is back just as the control is asked for.
    fake = FakeEndpoint([model_error(500)] * 4)
    assert kinds(scorer(fake).score([b"7"])) == "S"
    assert fake.bodies == [b"7"] * 4 + [b"0", b"7", b"0", b"7"]


class Mortal(FakeEndpoint):
    """A model whose process ends at row 7, and is back after ``absent`` seconds."""

    def __init__(self, time: FakeTime, absent: float) -> None:
        super().__init__()
        self._time, self._absent = time, absent
        self._back = 0.0
        self.deaths = 0

    def _answer(self, request: dict[str, Any]) -> bytes:
        if self._time.seconds < self._back:
            raise client_error("ServiceUnavailable", 503)
        if b"7" in request["Body"].split(b"\n"):
            self._back = self._time.seconds + self._absent
            self.deaths += 1
            raise model_error(0, "no response")
        return super()._answer(request)


@pytest.mark.parametrize("absent", [0.5, 5.0])
@pytest.mark.parametrize("batch", [[b"7"], [b"6", b"7", b"8"]])
def test_a_row_that_ends_the_models_process_is_set_apart(batch: list[bytes], absent: float) -> None:
    time = FakeTime()
    fake = Mortal(time, absent)
    outcomes = scorer(fake, time=time, seconds=100).score(batch)
    assert kinds(outcomes) == "".join("R" if row == b"7" else "S" for row in batch)
    assert fake.deaths < 10


def test_a_model_that_is_down_for_a_while_rejects_no_row_that_comes_alone() -> None:
    time = FakeTime()
    back = time.seconds + 20

    def restarting(row: list[str]) -> str:
        if time.seconds < back:
            raise model_error(500)
        return row[0]

    assert kinds(scorer(FakeEndpoint(model=restarting), time=time).score([b"7"])) == "S"


def test_a_score_that_is_not_finite_is_asked_for_again() -> None:
    fake = FakeEndpoint([b"0.5\nnan\n0.5"])
    asked = scorer(fake)
    assert kinds(asked.score(rows(3))) == "SSS"
    assert fake.bodies[1:] == [b"1"]
    assert asked.retries == 1


def test_a_score_that_stays_not_finite_rejects_its_row_alone() -> None:
    fake = FakeEndpoint(model=lambda row: "nan" if row == ["1"] else "0.5")
    outcomes = scorer(fake).score(rows(3))
    assert kinds(outcomes) == "SRS"
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].reason == "score_not_finite"
    assert fake.calls == 2


def test_a_row_that_cannot_be_asked_for_again_has_failed() -> None:
    fake = FakeEndpoint([b"0.5\nnan\n0.5"] + [client_error("ThrottlingException")] * 1000)
    assert kinds(scorer(fake).score(rows(3))) == "SFS"
    late = FakeEndpoint([b"0.5\nnan\n0.5"])
    assert kinds(scorer(late, seconds=10).score(rows(3))) == "SFS"


def test_a_call_that_could_not_end_in_time_is_not_begun() -> None:
    fake = FakeEndpoint()
    assert kinds(scorer(fake, seconds=9).score(rows(3))) == "FFF"
    assert fake.calls == 0


def test_a_body_that_is_too_large_for_the_model_is_cut() -> None:
    class Small(FakeEndpoint):
        def _answer(self, request: dict[str, Any]) -> bytes:
            if len(request["Body"]) > 10:
                raise model_error(413, "too large")
            return super()._answer(request)

    assert kinds(scorer(Small()).score(rows(64))) == "S" * 64


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (model_error(400), "model_4xx"),
        (model_error(500), "model_5xx"),
        (model_error(429), "model_5xx"),
        (model_error(0), "no_answer"),
        (ReadTimeoutError(endpoint_url=URL), "no_answer"),
        (b"<html>busy</html>", "unreadable_answer"),
        (b"0.1", "unreadable_answer"),
        (b"\xff", "unreadable_answer"),
        (b"nan\ninf", "impossible_scores"),
        (client_error("ThrottlingException"), "throttled"),
        (client_error("ServiceUnavailable", 503), "unavailable"),
        (EndpointConnectionError(endpoint_url=URL), "unavailable"),
        (client_error("ValidationError"), "refused"),
        (client_error("AccessDeniedException", 403), "refused"),
    ],
    ids=str,
)
def test_every_call_that_fails_counts_by_its_kind(fault: Exception | bytes, kind: str) -> None:
    told: list[CallCounts] = []
    asked = scorer(FakeEndpoint([fault]), report=told.append)
    asked.score(rows(2))
    assert [counts.failed for counts in told] == [{kind: 1}]
    assert kind in KINDS
    left = asked.calls.take()
    assert (left.failed, left.made > 0) == ({}, kind != "refused")


def test_failures_are_told_while_the_batch_is_still_tried() -> None:
    told: list[CallCounts] = []
    fake, time = FakeEndpoint([b"no score"] * 1000), FakeTime()
    asked = scorer(fake, time=time, report=told.append)
    assert kinds(asked.score(rows(2))) == "FF"
    assert len(told) > 2
    assert told[0] == CallCounts(1, {"unreadable_answer": 1})
    counted = sum((Counter(each.failed) for each in [*told, asked.calls.take()]), Counter[str]())
    assert counted == {"unreadable_answer": fake.calls}


def test_a_call_with_one_impossible_score_among_good_ones_has_not_failed() -> None:
    asked = scorer(FakeEndpoint([b"0.5\nnan"]))
    asked.score(rows(2))
    assert asked.calls.take() == CallCounts(2, {})


@pytest.mark.parametrize("score", ["1e300", "1.0001", "-0.0001"])
def test_a_score_outside_the_range_that_the_model_declares_rejects_its_row(score: str) -> None:
    fake = FakeEndpoint(model=lambda row: score if row == ["1"] else "0.5")
    outcomes = scorer(fake, sagemaker=FakeSageMaker(score_range="0..1")).score(rows(3))
    assert kinds(outcomes) == "SRS"
    rejected = outcomes[1]
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "score_out_of_range"
    assert "model model-1 declares 0..1" in rejected.detail


@pytest.mark.parametrize("score", ["0", "1", "0.5"])
def test_the_ends_of_the_range_belong_to_it(score: str) -> None:
    fake = FakeEndpoint(model=lambda _: score)
    assert kinds(scorer(fake, sagemaker=FakeSageMaker(score_range="0..1")).score(rows(2))) == "SS"


def test_one_score_of_a_vector_outside_the_range_rejects_its_row() -> None:
    fake = FakeEndpoint(model=lambda row: "0.5,7" if row == ["1"] else "0.5,0.5")
    assert kinds(scorer(fake, sagemaker=FakeSageMaker(score_range="0..1")).score(rows(3))) == "SRS"


def test_a_model_that_declares_nothing_may_score_any_finite_number() -> None:
    assert kinds(scorer(FakeEndpoint(model=lambda _: "1e300")).score(rows(2))) == "SS"


def test_a_model_that_scores_outside_its_range_alone_has_failed_calls() -> None:
    told: list[CallCounts] = []
    fake = FakeEndpoint(model=lambda _: "1e300")
    scorer(fake, sagemaker=FakeSageMaker(score_range="0..1"), report=told.append).score(rows(2))
    assert told[0].failed == {"impossible_scores": 1}


def test_a_score_names_the_model_that_gave_it() -> None:
    outcomes = scorer(FakeEndpoint()).score(rows(2))
    assert [outcome.model for outcome in outcomes if isinstance(outcome, Scored)] == ["model-1", "model-1"]
