"""What CreateTrainingJob takes here, and what it refuses by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import invalid, unsupported
from aws_stage.engines.sagemaker.images import XGBOOST, framework_of
from aws_stage.engines.sagemaker.training.metric_definitions import of_xgboost, refuse_unreadable

PROGRAM, SOURCE = "sagemaker_program", "sagemaker_submit_directory"
"""Hyperparameters of script mode: the program, and the S3 address of the archive that holds it."""

KEPT = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "DebugHookConfig",
    "ProfilerConfig",
    "Environment",
    "RetryStrategy",
)
_FIELDS = frozenset({*KEPT, "TrainingJobName", "Tags"})
_ALGORITHM = frozenset({"TrainingImage", "TrainingInputMode", "MetricDefinitions", "EnableSageMakerMetricsTimeSeries"})
_CHANNEL = frozenset({"ChannelName", "DataSource", "ContentType", "CompressionType", "RecordWrapperType", "InputMode"})
_INPUT_MODES = ("File", "FastFile")
_DATA_TYPES = ("S3Prefix", "ManifestFile")
_NOTHING: tuple[Any, ...] = (None, False, [], {}, "None", "NONE")


def checked(request: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a request that a job keeps; raises ValidationException."""
    _refuse_others(request, _FIELDS, "a training job")
    algorithm = request.get("AlgorithmSpecification") or {}
    _refuse_others(algorithm, _ALGORITHM, "AlgorithmSpecification")
    if not algorithm.get("TrainingImage"):
        raise invalid("AlgorithmSpecification needs a TrainingImage.")
    framework = framework_of(algorithm["TrainingImage"])
    for field in ("ResourceConfig", "StoppingCondition"):
        if not request.get(field):
            raise invalid(f"{field} is required.")
    _check_resources(request["ResourceConfig"])
    if (request["OutputDataConfig"].get("CompressionType") or "GZIP") != "GZIP":
        raise unsupported("CompressionType NONE of OutputDataConfig")
    names = [_check_channel(channel, algorithm) for channel in request.get("InputDataConfig") or []]
    if len(set(names)) != len(names):
        raise invalid(f"Channel names must be unique: {', '.join(names)}.")
    if not is_script(request) and framework != XGBOOST:
        raise invalid(f"A {framework} container runs a script: HyperParameters needs {PROGRAM} and {SOURCE}.")
    kept = {field: request[field] for field in KEPT if request.get(field) is not None}
    kept["AlgorithmSpecification"] = dict(algorithm)
    if algorithm.get("MetricDefinitions"):
        refuse_unreadable(algorithm["MetricDefinitions"])
    elif not is_script(request):
        kept["AlgorithmSpecification"]["MetricDefinitions"] = of_xgboost()
    return kept


def is_script(document: Mapping[str, Any]) -> bool:
    """Whether the job brings its own program."""
    return PROGRAM in (document.get("HyperParameters") or {})


def _check_resources(resources: Mapping[str, Any]) -> None:
    for field in ("InstanceGroups", "TrainingPlanArn", "InstancePlacementConfig", "InstancePreferences"):
        if resources.get(field):
            raise unsupported(f"{field} of ResourceConfig")
    if not (resources.get("InstanceType") and resources.get("InstanceCount")):
        raise invalid("ResourceConfig needs InstanceType and InstanceCount.")
    if resources["InstanceCount"] > 1:
        raise unsupported("Training on more than one instance (InstanceCount)")
    if resources.get("KeepAlivePeriodInSeconds"):
        raise unsupported("Warm pools (KeepAlivePeriodInSeconds)")


def _check_channel(channel: Mapping[str, Any], algorithm: Mapping[str, Any]) -> str:
    name: str = channel["ChannelName"]
    _refuse_others(channel, _CHANNEL, f"channel {name}")
    mode = channel.get("InputMode") or algorithm["TrainingInputMode"]
    if mode not in _INPUT_MODES:
        raise unsupported(f"Input mode {mode} of channel {name}")
    if (channel.get("CompressionType") or "None") != "None":
        raise invalid(f"CompressionType {channel['CompressionType']} of channel {name} needs input mode Pipe.")
    if (channel.get("RecordWrapperType") or "None") != "None":
        raise unsupported(f"RecordWrapperType {channel['RecordWrapperType']} of channel {name}")
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise unsupported(f"Channel {name} without an S3DataSource")
    for field in source:
        if field not in ("S3DataType", "S3Uri", "S3DataDistributionType") and source[field]:
            raise unsupported(f"{field} of channel {name}")
    if source["S3DataType"] not in _DATA_TYPES:
        raise unsupported(f"S3DataType {source['S3DataType']} of channel {name}")
    return name


def _refuse_others(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for field, value in given.items():
        if field not in known and value not in _NOTHING:
            raise unsupported(f"{field} of {where}")
