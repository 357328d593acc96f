"""Images are known by the name of their repository."""

from __future__ import annotations

import pytest
from aws_stage.engines.sagemaker.images import framework_of
from aws_stage.kernel.engine import AwsError


@pytest.mark.parametrize(
    ("image", "framework"),
    [
        ("354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5", "xgboost"),
        ("sagemaker-scikit-learn:1.4-2-cpu-py3", "scikit-learn"),
        ("763104351884.dkr.ecr.ap-northeast-1.amazonaws.com/pytorch-inference@sha256:abc", "pytorch"),
        ("localhost:5000/team/My-XGBoost", "xgboost"),
    ],
)
def test_the_repository_says_which_server_runs(image: str, framework: str) -> None:
    assert framework_of(image) == framework


@pytest.mark.parametrize("image", ["registry/tensorflow:2", "xgboost.example.com/mine:1", "mine:xgboost"])
def test_any_other_image_is_refused(image: str) -> None:
    with pytest.raises(AwsError, match=r"ValidationException: Container image .* is not supported by the local stage"):
        framework_of(image)
