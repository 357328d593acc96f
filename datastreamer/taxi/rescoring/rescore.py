"""Asking the version that serves now about trips that another one scored, and delivering what it says as any other.

Each result goes through the delivery stream of live trips with a new ``scored_at``: into gold, where the view of the
latest predictions prefers it, and into OpenSearch. A run that is interrupted is given again: trips that are done by
then have another version, and one that is delivered twice is there once in the view.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import ConfigurationError, RetryableError, UsageError
from datastreamer.scoring.payload import CSV, CsvPayload, UnreadableAnswerError
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.serving import endpoint_state
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import Prediction
from datastreamer.taxi.scoring.delivering import MOST_RECORDS
from datastreamer.taxi.scoring.recognition import Recognized, recognized, stranger
from datastreamer.taxi.training.features import FEATURES, csv_row, feature_hash

AT_ONCE: Final = MOST_RECORDS
"""Trips of one call of the endpoint, and of one PutRecordBatch."""
_ATTEMPTS: Final = 8

NewClient = Callable[[str], Any]


@dataclass(frozen=True)
class Rescorer:
    """Scores again what ``names`` has; ``clock`` dates the results."""

    names: Names
    client: NewClient
    rules: RulesTable
    clock: Clock
    backoff: Backoff

    def rescore(self, predictions: Sequence[dict[str, Any]], versions: Sequence[str]) -> Iterator[int]:
        """Score each of ``predictions`` again; yields how many are delivered since the last time.

        Raises UsageError before anything is delivered when the endpoint is not in service, or is one of ``versions``
        itself, and RetryableError when a part cannot be delivered: to go on, the same is done again.
        """
        state = endpoint_state(self.client("sagemaker"), self.names.model)
        if state is None or state["EndpointStatus"] != "InService":
            status = "not there" if state is None else state["EndpointStatus"]
            raise UsageError(f"endpoint {self.names.model} is {status}; score again when it is InService")
        for first in range(0, len(predictions), AT_ONCE):
            part = predictions[first : first + AT_ONCE]
            serving, fares = self._ask(part)
            if serving.version in versions:
                raise UsageError(f"version {serving.version} serves, and would say the same again")
            now = self.clock.wall_ms()
            again = [
                {**each, **serving.judgement(each["fare_amount"], fare, now)}
                for each, fare in zip(part, fares, strict=True)
            ]
            self._deliver([Prediction(**each).line() for each in again])
            yield len(part)

    def _ask(self, part: Sequence[Mapping[str, Any]]) -> tuple[Recognized, list[float]]:
        """The version that answers, and a fare for each trip."""
        rows = [csv_row(row) for row in (*PROBES, *([each[feature.name] for feature in FEATURES] for each in part))]
        payload = CsvPayload()
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.names.model, ContentType=CSV, Accept=CSV, Body=payload.body(rows)
        )
        try:
            scores = [float(score) for [score] in payload.scores(answer["Body"].read(), len(rows))]
        except (UnreadableAnswerError, ValueError) as error:
            raise ConfigurationError(f"endpoint {self.names.model}: {error}") from error
        if not all(map(math.isfinite, scores)):
            raise ConfigurationError(f"endpoint {self.names.model} answered a score that is not a finite number")
        return self._version_of(scores[: len(PROBES)]), scores[len(PROBES) :]

    def _version_of(self, fingerprint: Sequence[float]) -> Recognized:
        version = recognized(self.rules.all(), fingerprint) or stranger(fingerprint)
        if version.thresholds.feature_hash != feature_hash():
            raise ConfigurationError(
                f"version {version.version} has learned other features ({version.thresholds.feature_hash}) than gold "
                f"holds ({feature_hash()})"
            )
        return version

    def _deliver(self, lines: Sequence[bytes]) -> None:
        pending = list(lines)
        for attempt in range(_ATTEMPTS):
            answer = self.client("firehose").put_record_batch(
                DeliveryStreamName=self.names.predictions, Records=[{"Data": line} for line in pending]
            )
            outcomes = zip(pending, answer["RequestResponses"], strict=True)
            pending = [line for line, outcome in outcomes if "ErrorCode" in outcome]
            if not pending:
                return
            self.clock.sleep(self.backoff.delay(attempt))
        raise RetryableError(f"{self.names.predictions} did not take {len(pending)} of {len(lines)} predictions")
