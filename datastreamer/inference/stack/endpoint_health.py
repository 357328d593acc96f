"""Whether the model behind an endpoint answers as it should, as SageMaker and the processor have counted its calls.

SageMaker counts 4xx and 5xx, and takes an answer that is no score for a good one. The processor counts every kind of
failure. Whichever of the two sees most of the newest calls fail is believed: the processor may count later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from datastreamer.inference.resources.endpoints import Endpoint
from datastreamer.inference.resources.functions import METRIC_NAMESPACE
from datastreamer.inference.stack.figures import Metric, by_minute
from datastreamer.scoring.calls import KINDS
from datastreamer.wording import counted

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

NOW: Final = timedelta(minutes=5)
FAILING_SHARE: Final = 0.8
"""As the alarm has it (terraform/pipelines/inference/processor.tf): a single bad row makes half of the calls fail."""
FEWEST_CALLS: Final = 3
"""One call that fails once says nothing."""


@dataclass(frozen=True)
class EndpointHealth:
    """``calls``, ``refused`` (4xx) and ``broken`` (5xx) of the last 15 minutes as SageMaker counted them.

    ``failing``: what is wrong with most of the newest calls, empty when nothing is. ``unnamed``: predictions of the
    last 15 minutes that name no model.
    """

    calls: float
    refused: float
    broken: float
    failing: str
    unnamed: float


def endpoint_health(cloudwatch: CloudWatchClient, endpoint: Endpoint, function: str, now: datetime) -> EndpointHealth:
    """Ask CloudWatch about ``endpoint`` and about what ``function`` has counted of it."""
    service = {"service": function}
    metrics = {
        "made": Metric(METRIC_NAMESPACE, "EndpointCalls", service),
        "failed": Metric(METRIC_NAMESPACE, "EndpointCallsFailed", service),
        "unnamed": Metric(METRIC_NAMESPACE, "PredictionsWithoutModel", service),
    }
    for kind in KINDS:
        metrics[f"kind_{kind}"] = Metric(METRIC_NAMESPACE, "EndpointCallsFailed", {**service, "Kind": kind})
    variants = [each.name for each in endpoint.variants] or ["AllTraffic"]
    for place, variant in enumerate(variants):
        of = {"EndpointName": endpoint.name, "VariantName": variant}
        for key, name in (
            ("calls", "Invocations"),
            ("refused", "Invocation4XXErrors"),
            ("broken", "Invocation5XXErrors"),
        ):
            metrics[f"{key}_{place}"] = Metric("AWS/SageMaker", name, of)
    found = by_minute(cloudwatch, metrics, now)
    total = {key: Counter[datetime]() for key in ("calls", "refused", "broken")}
    for key, minutes in total.items():
        for place in range(len(variants)):
            minutes.update(found[f"{key}_{place}"])
    since = now - NOW
    kinds = {kind: sum(_since(found[f"kind_{kind}"], since).values()) for kind in KINDS}
    failing = _failing(found["made"], found["failed"], since)
    what = ", ".join(f"{count:,.0f} {kind} ({KINDS[kind]})" for kind, count in kinds.items() if count)
    if failing is None:
        failing = _failing(total["calls"], total["refused"] + total["broken"], since)
        broken, refused = (sum(_since(total[key], since).values()) for key in ("broken", "refused"))
        what = f"{refused:,.0f} 4xx, {broken:,.0f} 5xx or no answer"
    return EndpointHealth(
        sum(total["calls"].values()),
        sum(total["refused"].values()),
        sum(total["broken"].values()),
        "" if failing is None else f"{failing}; in 5 min {what}",
        sum(found["unnamed"].values()),
    )


def _since(minutes: Mapping[datetime, float], since: datetime) -> dict[datetime, float]:
    return {minute: value for minute, value in minutes.items() if minute >= since}


def _failing(made: Mapping[datetime, float], failed: Mapping[datetime, float], since: datetime) -> str | None:
    """What to say when most of the newest calls failed: of the last minute in which there were enough to judge by."""
    calls = failures = 0.0
    minutes: Sequence[datetime] = sorted(_since(made, since), reverse=True)
    for minute in minutes:
        calls, failures = calls + made[minute], failures + failed.get(minute, 0.0)
        if calls >= FEWEST_CALLS:
            share = failures / calls
            return f"{failures:,.0f} of the newest {counted(calls, 'call')} failed" if share >= FAILING_SHARE else None
    return None
