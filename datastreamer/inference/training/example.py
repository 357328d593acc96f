"""The example model: trained, evaluated, packed, described and uploaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from datastreamer.errors import ConfigurationError
from datastreamer.inference.training.archive import pack
from datastreamer.inference.training.card import model_card
from datastreamer.inference.training.evaluation import best_threshold, evaluate, limit_alarms
from datastreamer.inference.training.model import SCORE_RANGE, fit, score
from datastreamer.inference.training.readings import HELD_OUT, TRAINING, VALIDATION, simulate
from datastreamer.inference.training.trained import TrainedExample
from datastreamer.scoring.score_range import METADATA

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEFAULT_RECORDS: Final = 200_000
ARCHIVE: Final = "model.tar.gz"
CARD: Final = "model-card.md"
METRICS: Final = "metrics.json"


def train_example(
    *,
    out: Path,
    seed: int = 7,
    records: int = DEFAULT_RECORDS,
    report: Callable[[str], None] = lambda _: None,
) -> TrainedExample:
    """Train on simulated readings; write ``model.tar.gz``, ``model-card.md`` and ``metrics.json`` into folder ``out``.

    ``records`` readings in all: three fifths to train on, a fifth to choose the threshold by, a fifth that the model
    never sees to measure it on. Equal seed and records give equal bytes. ``report`` is told what is being done.
    Raises UsageError for too few records or a negative seed, ConfigurationError when ``out`` cannot be written.
    """
    report(f"simulating {records:,} readings")
    training, validation, held_out = (simulate(part, seed, records) for part in (TRAINING, VALIDATION, HELD_OUT))
    report(f"training on {len(training.values):,} of them")
    model = fit(training, seed)
    report(f"measuring on {len(held_out.values):,} that it never saw")
    chosen_by = score(model, validation.values)
    threshold = best_threshold(chosen_by, validation.faulty)
    packed = pack(model)
    example = TrainedExample(
        archive=out / ARCHIVE,
        card=out / CARD,
        metrics=out / METRICS,
        digest=hashlib.sha256(packed).hexdigest()[:16],
        seed=seed,
        records=records,
        threshold=threshold,
        validation=evaluate(validation, chosen_by >= threshold),
        held_out=evaluate(held_out, score(model, held_out.values) >= threshold),
        limits=evaluate(held_out, limit_alarms(training, held_out.values)),
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        example.archive.write_bytes(packed)
        example.card.write_text(model_card(example, training, validation, held_out), encoding="utf-8")
        example.metrics.write_text(json.dumps(example.document(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written: {error.strerror}. Name another folder with --out"
        ) from error
    return example


def upload(example: TrainedExample, client: S3Client, bucket: str) -> str:
    """Put archive, card and metrics under ``example/<digest>/`` of ``bucket``; the archive's URI, for create-model.

    The archive's metadata declares the range of the model's scores, which create-model takes over.

    Uploading the same model twice changes nothing. Raises botocore's ClientError.
    """
    for path, kind in (
        (example.card, "text/markdown; charset=utf-8"),
        (example.metrics, "application/json"),
        (example.archive, "application/gzip"),
    ):
        client.put_object(
            Bucket=bucket,
            Key=f"{example.prefix}/{path.name}",
            Body=path.read_bytes(),
            ContentType=kind,
            Metadata={METADATA: str(SCORE_RANGE)} if path == example.archive else {},
        )
    return model_uri(bucket, example.digest)


def model_uri(bucket: str, digest: str) -> str:
    """Where ``upload`` puts an archive."""
    return f"s3://{bucket}/example/{digest}/{ARCHIVE}"
