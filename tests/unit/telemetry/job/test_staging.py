"""Staged files get their places in the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.job.staging import staged_files

STAGED = S3Location("lake", "_state/staged/000000000007/")
TABLES = {"curated": S3Location("lake", "device_telemetry/"), "quarantine": S3Location("lake", "quarantine/")}


def page(table: str, *names: str, more: bool = False) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "Contents": [
            {"Key": STAGED.folder(table).key(name), "Size": 100, "LastModified": now, "ETag": '"e"'} for name in names
        ],
        "IsTruncated": more,
        **({"NextContinuationToken": "more"} if more else {}),
    }


def test_no_two_files_share_a_name_when_a_page_of_the_listing_holds_keys_that_are_no_data() -> None:
    days = [f"date=2025-10-15/part-{number}.parquet" for number in range(4)]
    pages = [
        page("curated", days[0], "date=2025-10-15/part-0.crc", days[1], more=True),
        page("curated", days[2], "_temporary/0/part-9.parquet", days[3]),
        page("quarantine", "_SUCCESS", "date=2025-10-15/part-0.parquet"),
    ]
    s3 = boto3.client("s3", region_name="ap-northeast-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(s3) as stubber:
        for each in pages:
            stubber.add_response("list_objects_v2", each)
        files = staged_files(s3, STAGED, TABLES, 7)
    assert [file.staged for file in files] == [
        *(f"{STAGED.folder('curated').uri}{day}" for day in days),
        f"{STAGED.folder('quarantine').uri}date=2025-10-15/part-0.parquet",
    ]
    published = [file.published for file in files]
    assert len(set(published)) == len(files)
    assert len({name.rpartition("/")[2] for name in published}) == len(files)
    assert published[0].startswith("s3://lake/device_telemetry/year=2025/month=10/day=15/000000000007-")
