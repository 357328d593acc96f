"""Requests are held against AWS's model of SageMaker, whose patterns are Java's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.sagemaker.engine import SageMakerEngine
from aws_stage.kernel.constraints import _java_pattern, check
from aws_stage.kernel.engine import AwsError
from aws_stage.testing import RunningStage
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from contract.side_stage import SideStage


class Offline(SideStage):
    """A stage of which nothing is asked."""

    def client(self, service: str) -> Any:
        raise AssertionError(service)


def patterns(shape: Shape | None, seen: set[str]) -> set[str]:
    """The patterns of a shape and of all that it holds."""
    if shape is None or shape.name in seen:
        return set()
    seen.add(shape.name)
    parts = [*getattr(shape, "members", {}).values()]
    parts += [getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)]
    own = shape.metadata.get("pattern")
    return ({own} if own else set()).union(*(patterns(part, seen) for part in parts))


def test_every_pattern_of_the_operations_that_are_served_can_be_read(tmp_path: Path) -> None:
    engine = SageMakerEngine(Offline(RunningStage(1, tmp_path), tmp_path))
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")
    served = {operation for _, operation in engine.operations} & set(model.operation_names)
    assert len(served) > 20
    for operation in served:
        for pattern in patterns(model.operation_model(operation).input_shape, set()):
            _java_pattern(pattern)


def test_a_description_may_hold_any_letter_mark_symbol_or_punctuation() -> None:
    request = {
        "ModelPackageGroupName": "g",
        "ModelPackageGroupDescription": "Wärme: 25 °C — für «Q4», 漢字 & so on! e\u0301",
    }
    check("sagemaker", "CreateModelPackageGroup", request)
    with pytest.raises(AwsError, match="modelPackageGroupDescription"):
        check("sagemaker", "CreateModelPackageGroup", {**request, "ModelPackageGroupDescription": "a\x00b"})
