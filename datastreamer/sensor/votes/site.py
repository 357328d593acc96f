"""Where a stage's vote is: its site's own configuration, as browsers read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from datastreamer.errors import ConfigurationError


@dataclass(frozen=True)
class Site:
    """Addresses and candidates of a vote."""

    api_url: str
    candidates: Sequence[str]


def find_site(s3: Any, sts: Any, stage: str) -> Site:
    """The site of ``stage``; raises ConfigurationError when the votes pipeline is not there."""
    bucket = f"datastreamer-{stage}-votes-site-{sts.get_caller_identity()['Account']}"
    try:
        document = json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    except ClientError as error:
        raise ConfigurationError(
            f"stage {stage} has no vote: s3://{bucket}/config.json: {error.response['Error']['Code']}. "
            f"Switch the pipeline on: make apply STAGE={stage} WITH=votes"
        ) from error
    return Site(document["api_url"], [candidate["id"] for candidate in document["candidates"]])
