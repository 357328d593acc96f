"""A batch of deliveries, from records to items: each ends stored, parked or failed, and never as two of these.

What fails is delivered again, with all that follows it. So a bad record behind the first failure is not parked yet but
counts as failed: it will be judged again, and if the retries run out, the whole batch is kept with it. What was scored
is stored in any case: storing it again gives the same item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.errors import InvalidRecordError, RetryableError
from datastreamer.inference.processing.attributes import Attribute
from datastreamer.inference.processing.delivery import Delivery, Failed, Rejected, Scored
from datastreamer.inference.processing.endpoint import Endpoint
from datastreamer.inference.processing.item import Item, scored_item, unscored_item
from datastreamer.inference.processing.pacing import Budget, Clock, Deadline
from datastreamer.inference.processing.parking import Parking
from datastreamer.inference.processing.scoring import Scorer
from datastreamer.inference.processing.settings import Settings
from datastreamer.inference.processing.table import Table, key_of
from datastreamer.inference.record import parse_record

NOT_SCORED: Final = "not_scored"
MOST_LOGGED: Final = 20


@dataclass(frozen=True)
class BatchReport:
    """What became of a batch. Keys are event ids; a record in neither of the two maps is stored.

    ``parked`` of a replay are the records that were rejected again: they stay where they are parked already.
    ``retries``: calls of the endpoint that were repeated.
    """

    stored: int
    parked: Mapping[str, Rejected]
    failed: Mapping[str, Failed]
    retries: int

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


@dataclass(frozen=True)
class Processor:
    """Scores batches into the table, parking what cannot be scored."""

    settings: Settings
    endpoint: Endpoint
    table: Table
    parking: Parking
    clock: Clock

    def process(self, event_records: Sequence[Mapping[str, Any]], budget: Budget, *, park: bool = True) -> BatchReport:
        """Process the ``Records`` of an event. With ``park`` false what is rejected is only reported."""
        begun = self.clock.now()
        deliveries = {delivery.event_id: delivery for delivery in map(Delivery.of, event_records)}
        rejected: dict[str, Rejected] = {}
        failed: dict[str, Failed] = {}

        ready = self._judge(deliveries.values(), rejected)
        scorer = Scorer(
            self.endpoint,
            self.settings.max_rows_per_call,
            Deadline(self.clock, begun + budget.scoring),
            budget.endpoint_timeout,
        )
        items: dict[str, Item] = {}
        outcomes = scorer.score([row for row, _ in ready.values()])
        scored_at = self.clock.wall_ms()
        for (event_id, (_, unscored)), outcome in zip(ready.items(), outcomes, strict=True):
            if isinstance(outcome, Scored):
                items[event_id] = scored_item(unscored, outcome, self.settings.score_threshold, scored_at)
            elif isinstance(outcome, Rejected):
                rejected[event_id] = outcome
            else:
                failed[event_id] = outcome

        unstored = self.table.write(list(items.values()), Deadline(self.clock, begun + budget.writing))
        for event_id, item in items.items() if unstored else ():
            problem = unstored.get(key_of(item))
            if isinstance(problem, Rejected):
                rejected[event_id] = problem
            elif problem is not None:
                failed[event_id] = problem
        stored = len(deliveries) - len(rejected) - len(failed)

        if park:
            self._park(deliveries, rejected, failed, Deadline(self.clock, begun + budget.parking))
        return BatchReport(stored=stored, parked=rejected, failed=failed, retries=scorer.retries)

    def _judge(
        self, deliveries: Iterable[Delivery], rejected: dict[str, Rejected]
    ) -> dict[str, tuple[bytes, dict[str, Attribute]]]:
        """The row and the unscored item of each good record, by event id; the others are added to ``rejected``."""
        ready = {}
        for delivery in deliveries:
            try:
                record = parse_record(delivery.payload)
                unscored = unscored_item(delivery, record, self.settings.ttl_days)
            except InvalidRecordError as error:
                rejected[delivery.event_id] = Rejected(error.reason, error.detail)
            else:
                ready[delivery.event_id] = self.endpoint.payload.row(record.data), unscored
        return ready

    def _park(
        self,
        deliveries: Mapping[str, Delivery],
        rejected: dict[str, Rejected],
        failed: dict[str, Failed],
        deadline: Deadline,
    ) -> None:
        before = True
        due = []
        for event_id, delivery in deliveries.items():
            before = before and event_id not in failed
            if event_id not in rejected:
                continue
            if before:
                due.append((delivery, rejected[event_id]))
            else:
                failed[event_id] = Failed(
                    f"not parked yet ({rejected.pop(event_id).reason}): a record before it failed"
                )
        for event_id, problem in self.parking.park(due, deadline).items():
            del rejected[event_id]
            failed[event_id] = problem
