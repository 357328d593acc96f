"""The client of S3 that the tasks of one worker process share."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@lru_cache(maxsize=1)
def s3_of_worker() -> S3Client:
    """One client a worker process: making one takes longer than reading a small object."""
    return boto3.client("s3")
