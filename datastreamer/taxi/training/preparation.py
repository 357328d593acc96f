"""The first step of a training: its sets, and the model in service beside them to be compared with."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.aws.s3_objects import objects_below
from datastreamer.errors import ConfigurationError, UsageError
from datastreamer.taxi.model.registry import version_named
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.serving import served_version
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.silver.commit import MonthLog
from datastreamer.taxi.training.executions import refuse_a_second
from datastreamer.taxi.training.features import feature_hash
from datastreamer.taxi.training.selection import Bounds, Split
from datastreamer.taxi.training.sets import make_sets

CURRENT: Final = "current.json"
"""As the evaluation reads it (``evaluation.program``, which runs where this module does not)."""
ARTIFACT: Final = "model.tar.gz"

NewClient = Callable[[str], Any]


@dataclass(frozen=True)
class Order:
    """What an execution asks for, as the pipeline's parameters have it.

    ``validation``: month to validate on, None for the newest of the table. ``sets``: where sets lie already, below
    ``training/`` and ``validation/``; None has them made. ``endpoint``: whose model is the one in service.
    """

    execution: str
    pipeline: str
    endpoint: str
    validation: Month | None = None
    months: int = 3
    sets: S3Location | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Order:
        """What the step's arguments say; raises UsageError or ConfigurationError for what cannot be read."""
        return cls(
            event["execution"],
            event["pipeline"],
            event["endpoint"],
            Month.parse(event["validation_month"]) if event["validation_month"] else None,
            int(event["training_months"]),
            S3Location.parse(event["sets_uri"]) if event["sets_uri"] else None,
        )


def prepare(order: Order, names: Names, client: NewClient, rules: RulesTable) -> dict[str, str]:
    """Make the sets, and copy the model in service; returns the step's outputs.

    Raises AnotherTrainingError where another execution is under way, TooFewTripsError for too few trips.
    """
    refuse_a_second(client("sagemaker"), order.pipeline, order.execution)
    run = f"{re.sub('[^a-z0-9]', '_', order.execution.rpartition('/')[2].lower())}_{secrets.token_hex(2)}"
    answer = _given(order.sets, client) if order.sets else _made(order, names, client, run)
    current = S3Location(names.models_bucket, f"current/{run}/")
    answer["current_version"] = _copy_current(order.endpoint, names, client, rules, current)
    return {**answer, "current_uri": current.uri, "feature_hash": feature_hash(), "run": run}


def _made(order: Order, names: Names, client: NewClient, run: str) -> dict[str, str]:
    split = Split(order.validation or _newest(names, client), order.months)
    sets = make_sets(names, client, split, Bounds(), run=run)
    return {
        "training_uri": sets.training.uri,
        "validation_uri": sets.validation.uri,
        "training_from": split.training[0].first.isoformat(),
        "training_to": split.training[-1].days()[-1].isoformat(),
        "validation_month": str(split.validation),
    }


def _given(sets: S3Location, client: NewClient) -> dict[str, str]:
    for name in ("training", "validation"):
        if next(objects_below(client("s3"), sets.folder(name)), None) is None:
            raise ConfigurationError(f"there is nothing below {sets.folder(name).uri}")
    return {
        "training_uri": sets.folder("training").uri,
        "validation_uri": sets.folder("validation").uri,
        **dict.fromkeys(("training_from", "training_to", "validation_month"), "unknown"),
    }


def _newest(names: Names, client: NewClient) -> Month:
    months = MonthLog(client("s3"), names.state, {}).newest()
    if not months:
        raise UsageError("no month is in the table of trips yet. To make them: datastreamer taxi silver")
    return max(months)


def _copy_current(endpoint: str, names: Names, client: NewClient, rules: RulesTable, to: S3Location) -> str:
    """Put ``CURRENT`` below ``to``, and the artifact of the version that serves; returns its number, or ``none``."""
    sagemaker, s3 = client("sagemaker"), client("s3")
    version = served_version(sagemaker, endpoint)
    described: dict[str, Any] = {"version": version}
    if version is not None:
        package = sagemaker.describe_model_package(ModelPackageName=version_named(sagemaker, names.model, version).arn)
        [container] = package["InferenceSpecification"]["Containers"]
        bucket, key = bucket_and_key(container["ModelDataUrl"])
        s3.copy_object(CopySource={"Bucket": bucket, "Key": key}, Bucket=to.bucket, Key=to.key(ARTIFACT))
        described["floor"], described["factor"] = rules.floor_and_factor(version)
    s3.put_object(Bucket=to.bucket, Key=to.key(CURRENT), Body=json.dumps(described).encode())
    return version or "none"
