"""The last step of a training: a version in the registry, with all that is known of its model."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.errors import JobFailedError
from datastreamer.taxi.model.registry import PENDING, properties_of, versions
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.names import Names

RESULT: Final = "evaluation.json"
_FIGURES: Final = ("rmse", "mae", "p99", "recall", "false_alarms")


@dataclass(frozen=True)
class Trained:
    """What the steps before have made, as the pipeline's arguments have it.

    ``model_uri`` is the model's archive, ``evaluation_uri`` that of the evaluation's output; ``facts`` are kept with
    the version as they are: months, revision, and so on.
    """

    execution: str
    image: str
    model_uri: str
    evaluation_uri: str
    facts: Mapping[str, str]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Trained:
        """What the step's arguments say."""
        output = f"{event['evaluation_output'].rstrip('/')}/{event['evaluation_job']}/output/output.tar.gz"
        return cls(event["execution"], event["image"], event["model_uri"], output, event["facts"])


def register(trained: Trained, names: Names, client: Callable[[str], Any]) -> dict[str, str]:
    """Register the model as a version that waits for approval; returns the step's outputs.

    A step that is repeated registers nothing a second time. Raises JobFailedError for an output without evaluation.
    """
    sagemaker, s3 = client("sagemaker"), client("s3")
    description = f"Trained by {trained.execution}"
    for each in versions(sagemaker, names.model):
        if each.description == description:
            return {"version": each.version, "package_arn": each.arn}
    document = _evaluation(s3, trained.evaluation_uri)
    folder = S3Location(names.models_bucket, f"evaluations/{trained.execution.rpartition('/')[2]}/")
    kept = {RESULT: document, "baselines.json": document["baselines"]}
    for name, content in kept.items():
        body = json.dumps(content, indent=2, sort_keys=True).encode()
        s3.put_object(Bucket=folder.bucket, Key=folder.key(name), Body=body, ContentType="application/json")
    uris = {name: {"ContentType": "application/json", "S3Uri": f"{folder.uri}{name}"} for name in kept}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=names.model,
        ModelPackageDescription=description,
        ModelApprovalStatus=PENDING,
        InferenceSpecification={
            "Containers": [{"Image": trained.image, "ModelDataUrl": trained.model_uri}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelMetrics={"ModelQuality": {"Statistics": uris[RESULT]}},
        DriftCheckBaselines={"ModelDataQuality": {"Statistics": uris["baselines.json"]}},
        CustomerMetadataProperties=_properties(document, trained.facts),
    )["ModelPackageArn"]
    return {"version": arn.rpartition("/")[2], "package_arn": arn}


def _properties(document: Mapping[str, Any], facts: Mapping[str, str]) -> dict[str, str]:
    """A rule that the table of thresholds would not take is refused here, before anybody can approve it."""
    thresholds = Thresholds(
        "0",
        document["thresholds"]["floor"],
        document["thresholds"]["factor"],
        document["feature_hash"],
        tuple(document["fingerprint"]),
    )
    figures = {name: f"{document['candidate'][name]:.6g}" for name in _FIGURES}
    return {**facts, **figures, **properties_of(thresholds)}


def _evaluation(s3: Any, uri: str) -> dict[str, Any]:
    bucket, key = bucket_and_key(uri)
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        try:
            member = tar.extractfile(RESULT)
        except KeyError:
            member = None
        if member is None:
            raise JobFailedError(f"{uri} has no {RESULT}")
        document: dict[str, Any] = json.loads(member.read())
        return document
