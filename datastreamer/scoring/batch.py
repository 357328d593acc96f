"""A batch of deliveries, from records to results: each ends stored, parked or failed, and never as two of these.

What fails is delivered again, with all that follows it. So a bad record behind the first failure is not parked yet but
counts as failed: it will be judged again, and if the retries run out, the whole batch is kept with it. What was scored
is stored in any case: storing it again gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final, Generic, Protocol, TypeVar

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import InvalidRecordError, RetryableError
from datastreamer.scoring.calls import Calls
from datastreamer.scoring.delivery import Delivery, Failed, Outcome, Rejected, Scored
from datastreamer.scoring.pacing import Budget, Deadline
from datastreamer.scoring.parking import Parking

Unscored = TypeVar("Unscored")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
Result_contra = TypeVar("Result_contra", contravariant=True)

NOT_SCORED: Final = "not_scored"
MOST_LOGGED: Final = 20


@dataclass(frozen=True)
class BatchReport:
    """What became of a batch. Keys are event ids; a record in neither of the two maps is stored.

    ``parked`` of a replay are the records that were rejected again: they stay where they are parked already.
    ``settled``: the stored records that come no more, as none before them failed. ``retries``: calls of the endpoint
    that were repeated. ``unnamed``: predictions whose model is not known. ``problem``: why it was found not
    to be known, or its declaration not heeded; told once.
    """

    stored: int
    settled: int
    parked: Mapping[str, Rejected]
    failed: Mapping[str, Failed]
    retries: int
    unnamed: int = 0
    problem: str = ""

    @property
    def parked_by_reason(self) -> Mapping[str, int]:
        """How many records are parked for each reason."""
        return Counter(rejected.reason for rejected in self.parked.values())

    def summary(self) -> Mapping[str, Any]:
        """The counts, and the first of what went wrong, for a log."""
        problems = self.failures()
        return {
            "stored": self.stored,
            "parked": dict(self.parked_by_reason),
            "failed": len(self.failed),
            "endpoint_retries": self.retries,
            "predictions_without_model": self.unnamed,
            "model_problem": self.problem,
            "problems": problems[:MOST_LOGGED],
        }

    def failures(self) -> list[dict[str, str]]:
        """Each record that is not stored: ``eventID``, ``reason`` (``not_scored`` when it may be yet), ``detail``."""
        return [
            *(
                {"eventID": event_id, "reason": rejected.reason, "detail": rejected.detail}
                for event_id, rejected in self.parked.items()
            ),
            *(
                {"eventID": event_id, "reason": NOT_SCORED, "detail": problem.detail}
                for event_id, problem in self.failed.items()
            ),
        ]

    def settle(self, event_id: str) -> None:
        """Raises RetryableError when the record of ``event_id`` must be delivered again."""
        if event_id in self.failed:
            raise RetryableError(self.failed[event_id].detail)


class Contract(Protocol[Unscored, Result_co]):
    """What a pipeline's records are, and what becomes of them with a score. Both raise InvalidRecordError."""

    def accept(self, delivery: Delivery) -> tuple[bytes, Unscored]:
        """The row of features that the endpoint is asked about, and what is kept of the record meanwhile."""

    def result(self, unscored: Unscored, scored: Scored, scored_at_ms: int) -> Result_co:
        """What is stored."""


class RowScorer(Protocol):
    """Scores the rows of one batch. ``retries``: how many calls of the endpoint were repeated so far."""

    @property
    def retries(self) -> int: ...
    def score(self, rows: Sequence[bytes]) -> list[Outcome]:
        """An outcome for each of ``rows``, in their order."""


class Scoring(Protocol):
    """How a pipeline gets its scores, and what it makes of an endpoint that gives none."""

    def scorer(self, deadline: Deadline, call_seconds: float, calls: Calls) -> RowScorer:
        """What scores one batch; ``call_seconds`` is how long a call may take, ``calls`` counts them."""

    def take_problem(self) -> str:
        """What was found to be wrong beside the calls, since this was asked last; empty when nothing was."""


class Store(Protocol[Result_contra]):
    """Where results go; storing one again must be harmless."""

    def write(self, results: Mapping[str, Result_contra], deadline: Deadline) -> Mapping[str, Rejected | Failed]:
        """Store ``results``, by event id; returns those that are not stored."""


@dataclass(frozen=True)
class BatchScorer(Generic[Unscored, Result]):
    """Scores batches into the store, parking what cannot be scored."""

    contract: Contract[Unscored, Result]
    scoring: Scoring
    store: Store[Result]
    parking: Parking
    clock: Clock
    backoff: Backoff = field(default_factory=Backoff)

    def process(
        self,
        event_records: Sequence[Mapping[str, Any]],
        budget: Budget,
        *,
        park: bool = True,
        calls: Calls | None = None,
    ) -> BatchReport:
        """Process the ``Records`` of an event. With ``park`` false what is rejected is only reported.

        ``calls`` counts the calls of the endpoint.
        """
        begun = self.clock.now()
        deliveries = {delivery.event_id: delivery for delivery in map(Delivery.of, event_records)}
        problems = _Problems()
        ready = self._accept(deliveries.values(), problems)
        scorer = self.scoring.scorer(
            Deadline(self.clock, begun + budget.scoring, self.backoff),
            budget.endpoint_timeout,
            calls or Calls(self.clock),
        )
        outcomes = dict(zip(ready, scorer.score([row for row, _ in ready.values()]), strict=True))
        results = self._results(ready, outcomes, problems)
        problems.update(self.store.write(results, Deadline(self.clock, begun + budget.writing, self.backoff)))
        stored = len(deliveries) - len(problems.rejected) - len(problems.failed)
        if park:
            self._park(deliveries, Deadline(self.clock, begun + budget.parking, self.backoff), problems)
        unnamed = sum(
            isinstance(outcome, Scored) and outcome.model is None and problems.none_of(event_id)
            for event_id, outcome in outcomes.items()
        )
        return BatchReport(
            stored=stored,
            settled=_settled(deliveries, problems),
            parked=problems.rejected,
            failed=problems.failed,
            retries=scorer.retries,
            unnamed=unnamed,
            problem=self.scoring.take_problem(),
        )

    def _accept(self, deliveries: Iterable[Delivery], problems: _Problems) -> dict[str, tuple[bytes, Unscored]]:
        """What the contract makes of each good record, by event id."""
        ready = {}
        for delivery in deliveries:
            try:
                ready[delivery.event_id] = self.contract.accept(delivery)
            except InvalidRecordError as error:
                problems.of(delivery.event_id, Rejected(error.reason, error.detail))
        return ready

    def _results(
        self, ready: Mapping[str, tuple[bytes, Unscored]], outcomes: Mapping[str, Outcome], problems: _Problems
    ) -> dict[str, Result]:
        """The result of each record that was scored, by event id."""
        results = {}
        scored_at = self.clock.wall_ms()
        for event_id, outcome in outcomes.items():
            if not isinstance(outcome, Scored):
                problems.of(event_id, outcome)
                continue
            try:
                results[event_id] = self.contract.result(ready[event_id][1], outcome, scored_at)
            except InvalidRecordError as error:
                problems.of(event_id, Rejected(error.reason, error.detail))
        return results

    def _park(self, deliveries: Mapping[str, Delivery], deadline: Deadline, problems: _Problems) -> None:
        due = []
        before_first_failure = True
        for event_id, delivery in deliveries.items():
            before_first_failure = before_first_failure and event_id not in problems.failed
            rejected = problems.rejected.get(event_id)
            if rejected and before_first_failure:
                due.append((delivery, rejected))
            elif rejected:
                problems.of(event_id, Failed(f"not parked yet ({rejected.reason}): a record before it failed"))
        problems.update(self.parking.park(due, deadline))


def _settled(deliveries: Iterable[str], problems: _Problems) -> int:
    """How many records are stored before the first that failed: Lambda delivers again from that one on."""
    before = takewhile(lambda event_id: event_id not in problems.failed, deliveries)
    return sum(event_id not in problems.rejected for event_id in before)


@dataclass(frozen=True)
class _Problems:
    """What went wrong so far, by event id; a record has one problem, the last that was found."""

    rejected: dict[str, Rejected] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)

    def none_of(self, event_id: str) -> bool:
        """Whether nothing went wrong with the record."""
        return event_id not in self.rejected and event_id not in self.failed

    def update(self, problems: Mapping[str, Rejected | Failed]) -> None:
        """Take several at once."""
        for event_id, problem in problems.items():
            self.of(event_id, problem)

    def of(self, event_id: str, problem: Rejected | Failed) -> None:
        self.rejected.pop(event_id, None)
        if isinstance(problem, Rejected):
            self.rejected[event_id] = problem
        else:
            self.failed[event_id] = problem
