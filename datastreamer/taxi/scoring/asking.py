"""Asking the model about a batch of trips, so that each answer says which version gave it.

A trip that fits the contract is a row of numbers, which a model of fares must take: whatever goes wrong with a call is
the model's fault or the endpoint's, and never a trip's. So nothing is parked here. A call that fails is repeated while
there is time, as an endpoint on its way from one model to another may have another one answer; then its trips, and
those not yet asked about, wait in the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from datastreamer.errors import ConfigurationError, DatastreamerError, RetryableError
from datastreamer.scoring.calls import IMPOSSIBLE, UNREADABLE, Calls
from datastreamer.scoring.chunks import MAX_BODY_BYTES, chunks
from datastreamer.scoring.delivery import Failed, Outcome, Scored
from datastreamer.scoring.endpoint import Endpoint, ModelFailedError, kind_of
from datastreamer.scoring.pacing import Deadline
from datastreamer.scoring.payload import Scores, is_finite
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.scoring.versions import Versions
from datastreamer.taxi.training.features import csv_row, feature_hash

_PROBE_ROWS: Final = tuple(csv_row(probe) for probe in PROBES)
_MOST_BYTES: Final = MAX_BODY_BYTES - sum(len(row) + 1 for row in _PROBE_ROWS)


@dataclass(frozen=True)
class ByVersion:
    """A ``Scoring`` that asks ``endpoint``, which answers in text/csv, and knows the version of each answer.

    ``most_rows``: trips of one call.
    """

    endpoint: Endpoint
    versions: Versions
    most_rows: int

    def scorer(self, deadline: Deadline, call_seconds: float, calls: Calls) -> Asking:
        """See ``Scoring``."""
        return Asking(self, deadline, call_seconds, calls)

    def take_problem(self) -> str:
        """What is wrong with the rules of the versions."""
        return self.versions.take_problem()


@dataclass
class Asking:
    """Scores one batch. ``retries``: how many calls were repeated."""

    model: ByVersion
    deadline: Deadline
    call_seconds: float
    calls: Calls
    retries: int = 0

    def score(self, rows: Sequence[bytes]) -> list[Outcome]:
        """A version and a score for each of ``rows``, in their order, or why it must wait."""
        outcomes: list[Outcome] = []
        payload = self.model.endpoint.payload
        for piece in chunks(range(len(rows)), rows, payload, self.model.most_rows, _MOST_BYTES):
            try:
                outcomes += self._ask([rows[place] for place in piece])
            except (RetryableError, ConfigurationError) as error:
                outcomes += [Failed(str(error))] * (len(rows) - len(outcomes))
                break
        return outcomes

    def _ask(self, rows: Sequence[bytes]) -> list[Scored]:
        if not self.deadline.allows(self.call_seconds):
            raise RetryableError("no time is left for another call of the endpoint")
        attempt = 0
        while True:
            try:
                return self._once(rows)
            except DatastreamerError as error:
                if not self.deadline.pause(attempt, self.call_seconds):
                    raise RetryableError(str(error)) from error
            attempt += 1
            self.retries += 1

    def _once(self, rows: Sequence[bytes]) -> list[Scored]:
        scores, variant = self._call(rows)
        recognized = self.model.versions.recognize([float(score) for score in scores[: len(PROBES)]])
        learned = recognized.thresholds.feature_hash
        if learned != feature_hash():
            raise ConfigurationError(
                f"model version {recognized.version} has learned other features ({learned}) than it is asked about "
                f"({feature_hash()})"
            )
        return [Scored((score,), variant, recognized.version) for score in scores[len(PROBES) :]]

    def _call(self, rows: Sequence[bytes]) -> tuple[list[Decimal], str]:
        """The score of each probe and of each row, and the variant that answered."""
        try:
            answer = self.model.endpoint.score([*_PROBE_ROWS, *rows])
            scores = [_single(each) for each in answer.scores]
        except DatastreamerError as error:
            self.calls.note(kind_of(error))
            raise
        self.calls.note(None)
        return scores, answer.variant


def _single(scores: Scores) -> Decimal:
    if len(scores) != 1:
        raise ModelFailedError(f"the model answered {len(scores)} scores for a row and not one", UNREADABLE)
    if not is_finite(scores):
        raise ModelFailedError("a score was not a finite number", IMPOSSIBLE)
    return scores[0]
