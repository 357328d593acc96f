"""The container image that serves an XGBoost model, by region."""

from __future__ import annotations

import difflib
import re
from typing import Final

from datastreamer.errors import UsageError

XGBOOST_TAG: Final = "3.0-5"
"""The container with XGBoost 3.0.5, the version that this project pins, trains and serves with."""

REGISTRY_ACCOUNTS: Final = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
"""AWS's account that holds the image in each region: the registries of ``sagemaker-xgboost`` in the SageMaker Python
SDK's own table (aws/sagemaker-python-sdk, image_uri_config/xgboost.json, read in November 2026)."""


_IN_ECR: Final = re.compile(r"[0-9]{12}[.]dkr[.]ecr[.]([a-z0-9-]+)[.]amazonaws[.]com(?:[.]cn)?/.+")


def region_of(image: str) -> str | None:
    """The region of the registry that holds ``image``; None for what is no URI of an image in ECR."""
    found = _IN_ECR.fullmatch(image)
    return found[1] if found else None


def xgboost_image(region: str) -> str:
    """URI of the XGBoost container in ``region``.

    Raises UsageError for a region whose registry is not known here, and says where to find the URI.
    """
    account = REGISTRY_ACCOUNTS.get(region)
    if account is None:
        near = difflib.get_close_matches(region, REGISTRY_ACCOUNTS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(
            f"the registry of the XGBoost container in region {region!r} is not known.{hint} Otherwise give "
            "create-model the image's whole URI: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ lists them"
        )
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{suffix}/sagemaker-xgboost:{XGBOOST_TAG}"
