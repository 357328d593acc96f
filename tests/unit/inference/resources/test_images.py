"""The image of the XGBoost container in each region."""

from __future__ import annotations

import re
from importlib.metadata import version

import boto3
import pytest

from datastreamer.errors import UsageError
from datastreamer.inference.resources.images import REGISTRY_ACCOUNTS, XGBOOST_TAG, xgboost_image


def test_the_default_region_has_aws_own_image() -> None:
    assert (
        xgboost_image("ap-northeast-1") == "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    )


def test_china_has_another_domain() -> None:
    assert xgboost_image("cn-north-1").startswith("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/")


def test_the_container_has_the_xgboost_that_we_train_with() -> None:
    assert version("xgboost-cpu") == XGBOOST_TAG.replace("-", ".")


def test_every_known_region_is_one_of_aws_and_gives_a_whole_uri() -> None:
    session = boto3.Session()
    partitions = ("aws", "aws-cn", "aws-us-gov")
    assert {name for part in partitions for name in session.get_available_regions("sagemaker", part)} >= set(
        REGISTRY_ACCOUNTS
    )
    for region in REGISTRY_ACCOUNTS:
        uri = xgboost_image(region)
        assert re.fullmatch(rf"\d{{12}}\.dkr\.ecr\.{region}\.amazonaws\.com(\.cn)?/sagemaker-xgboost:3\.0-5", uri)


@pytest.mark.parametrize(
    ("region", "hint"), [("ap-northest-1", "Did you mean 'ap-northeast-1'?"), ("moon", "whole URI")]
)
def test_an_unknown_region_is_refused_with_the_way_out(region: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        xgboost_image(region)
    assert hint in str(refused.value)
    assert "create-model" in str(refused.value)
