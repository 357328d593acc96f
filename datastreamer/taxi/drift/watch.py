"""The drift of a day: of each version that scored enough trips, features and residual against its baselines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from datastreamer.aws.athena import run_query
from datastreamer.aws.s3_location import bucket_and_key
from datastreamer.taxi.drift import questions
from datastreamer.taxi.drift.stability import Bins, stability_index
from datastreamer.taxi.model.registry import versions
from datastreamer.taxi.names import Names

MINIMUM_TRIPS: Final = 1_000
"""Of fewer trips a share of a tenth is off by more than a hundredth by chance, and PSI of ten bins by 0.01."""

NewClient = Callable[[str], Any]


@dataclass(frozen=True)
class Drift:
    """Of ``trips`` scored by ``version``: ``indices`` is PSI by feature, and of ``residual``; ``median_residual`` is
    the median of its absolute value, US dollars."""

    version: str
    trips: int
    median_residual: float
    indices: Mapping[str, float]

    @property
    def largest(self) -> float:
        """The largest PSI of all."""
        return max(self.indices.values(), default=0.0)

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "indices": dict(self.indices)}


@dataclass(frozen=True)
class Day:
    """``left_out``: versions that are not judged, with the reason."""

    day: str
    drifts: tuple[Drift, ...]
    left_out: Mapping[str, str]


def watch(names: Names, client: NewClient, day: date, *, minimum: int = MINIMUM_TRIPS) -> Day:
    """Judge the trips that ended on ``day`` (UTC); raises JobFailedError with Athena's reason when a query fails."""
    arns = {each.version: each.arn for each in versions(client("sagemaker"), names.model)}
    drifts, left_out = [], {}
    for version, trips, median in _ask(client, names, questions.versions(day)):
        if version is None or version not in arns:
            left_out[str(version)] = "it is not in the registry"
        elif int(trips or 0) < minimum:
            left_out[version] = f"it scored {int(trips or 0):,} trips, fewer than {minimum:,}"
        else:
            baselines = _baselines(client, arns[version])
            if baselines is None:
                left_out[version] = "it has no baselines"
                continue
            rows = _ask(client, names, questions.histograms(day, version, baselines))
            drifts.append(Drift(version, int(trips or 0), float(median or 0.0), _indices(baselines, rows)))
    return Day(str(day), tuple(drifts), left_out)


def _indices(baselines: Mapping[str, Bins], rows: list[list[str | None]]) -> dict[str, float]:
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for name, number, trips in rows:
        counts[str(name)][int(number or 0)] = int(trips or 0)
    return {
        name: stability_index(bins.expected, [counts[name].get(number, 0) for number in range(len(bins.expected))])
        for name, bins in baselines.items()
    }


def _baselines(client: NewClient, arn: str) -> dict[str, Bins] | None:
    package = client("sagemaker").describe_model_package(ModelPackageName=arn)
    found = package.get("DriftCheckBaselines", {}).get("ModelDataQuality", {}).get("Statistics")
    if found is None:
        return None
    bucket, key = bucket_and_key(found["S3Uri"])
    document = json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return {name: Bins.of(each) for name, each in document.items()}


def _ask(client: NewClient, names: Names, sql: str) -> list[list[str | None]]:
    return run_query(client("athena"), sql, workgroup=names.workgroup, database=names.database).rows
