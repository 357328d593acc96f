"""From the record of a trip to the row that the model gets, and from its score to the prediction that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datastreamer.scoring.delivery import Delivery, Scored
from datastreamer.taxi.prediction import Prediction, shown
from datastreamer.taxi.scoring.record import LiveTrip, parse_live_trip
from datastreamer.taxi.scoring.versions import Versions
from datastreamer.taxi.training.features import FEATURES, Value, csv_row, values_of


@dataclass(frozen=True, slots=True)
class Unscored:
    """A trip whose score is on its way, its features, and where in the stream its record lies."""

    live: LiveTrip
    values: tuple[Value, ...]
    shard_id: str
    sequence_number: str


@dataclass(frozen=True)
class TripContract:
    """Live trips as predictions; ``versions`` knows the rule of each version that a score is of."""

    versions: Versions

    def accept(self, delivery: Delivery) -> tuple[bytes, Unscored]:
        """The row and the trip of a record; raises InvalidRecordError."""
        live = parse_live_trip(delivery.payload)
        values = values_of(live.trip)
        return csv_row(values), Unscored(live, values, delivery.shard_id, delivery.sequence_number)

    def result(self, unscored: Unscored, scored: Scored, scored_at_ms: int) -> Prediction:
        """The prediction; ``scored.model`` is the version."""
        recognized = self.versions.named(scored.model or "")
        trip = unscored.live.trip
        features: dict[str, Any] = dict(zip((feature.name for feature in FEATURES), unscored.values, strict=True))
        return Prediction(
            trip_id=unscored.live.trip_id,
            event_time=shown(unscored.live.event_time),
            event_date=f"{unscored.live.event_time.date()}",
            fare_amount=trip.fare_amount,
            **recognized.judgement(trip.fare_amount, float(scored.scores[0]), scored_at_ms),
            **features,
            vendor_id=trip.vendor_id,
            rate_code=trip.rate_code,
            payment_type=trip.payment_type,
            shard_id=unscored.shard_id,
            sequence_number=unscored.sequence_number,
        )
