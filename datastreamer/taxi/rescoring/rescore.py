"""Asking the version that serves now about trips that another one scored, and delivering what it says as any other.

Each result goes through the delivery stream of live trips with a new ``scored_at``: into gold, where the view of the
latest predictions prefers it, and into OpenSearch. A run that is interrupted is given again: trips that are done by
then have another version, and one that is delivered twice is there once in the view.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import ConfigurationError, RetryableError, UsageError
from datastreamer.taxi.model.fingerprint import PROBES, same, unregistered
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.serving import endpoint_state
from datastreamer.taxi.model.thresholds import DEFAULT_FLOOR, Thresholds
from datastreamer.taxi.names import Names
from datastreamer.taxi.training.features import FEATURES, feature_hash

AT_ONCE: Final = 500
"""Trips of one call of the endpoint, and of one PutRecordBatch, which takes no more (Firehose API reference)."""
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
            rule, fares = self._ask(part)
            if rule.model_version in versions:
                raise UsageError(f"version {rule.model_version} serves, and would say the same again")
            moment = datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC)
            pairs = zip(part, fares, strict=True)
            self._deliver([line_of(again(each, rule, fare, moment)) for each, fare in pairs])
            yield len(part)

    def _ask(self, part: Sequence[Mapping[str, Any]]) -> tuple[Thresholds, list[float]]:
        """The rule of the version that answers, and a fare for each trip."""
        rows = [*PROBES, *([each[feature.name] for feature in FEATURES] for each in part)]
        body = "\n".join(",".join("" if value is None else repr(value) for value in row) for row in rows)
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.names.model, ContentType="text/csv", Accept="text/csv", Body=body.encode()
        )
        scores = [float(each) for each in answer["Body"].read().decode().replace("\n", ",").strip(",").split(",")]
        if len(scores) != len(rows):
            raise ConfigurationError(f"endpoint {self.names.model} answered {len(scores)} scores for {len(rows)} rows")
        if not all(map(math.isfinite, scores)):
            raise ConfigurationError(f"endpoint {self.names.model} answered a score that is not a finite number")
        return self._rule_of(scores[: len(PROBES)]), scores[len(PROBES) :]

    def _rule_of(self, fingerprint: Sequence[float]) -> Thresholds:
        known = [each for each in self.rules.all() if same(each.fingerprint, fingerprint)]
        if not known:
            version = unregistered(fingerprint)
            return Thresholds(version, DEFAULT_FLOOR, 0.0, feature_hash(), tuple(fingerprint))
        rule = max(known, key=lambda each: int(each.model_version) if each.model_version.isdecimal() else -1)
        if rule.feature_hash != feature_hash():
            raise ConfigurationError(
                f"version {rule.model_version} has learned other features ({rule.feature_hash}) than gold holds "
                f"({feature_hash()})"
            )
        return rule

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


def again(before: Mapping[str, Any], rule: Thresholds, fare: float, moment: datetime) -> dict[str, Any]:
    """The prediction of the same trip by another version; ``fare`` is what it says [US dollars]."""
    residual, threshold = before["fare_amount"] - fare, rule.limit(fare)
    is_outlier = abs(residual) > threshold
    return {
        **before,
        "scored_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "model_version": rule.model_version,
        "rule": "version" if rule.model_version.isdecimal() else "default",
        "feature_hash": rule.feature_hash,
        "predicted_fare": fare,
        "residual": residual,
        "threshold": threshold,
        "is_outlier": is_outlier,
        "outlier": int(is_outlier),
    }


def line_of(prediction: Mapping[str, Any]) -> bytes:
    """As gold has it: a JSON object and a line end."""
    return json.dumps(prediction, separators=(",", ":"), allow_nan=False).encode() + b"\n"
