"""Bronze: TLC's files as published, each below the folder of its month, ``year=2025/month=01/<name>``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from datastreamer.aws.s3_location import S3Location
from datastreamer.taxi.month import Month

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PARQUET: Final = "parquet"
CSV: Final = "csv"


@dataclass(frozen=True)
class BronzeObject:
    """An object: its ``uri``, its ETag and its ``size`` [bytes]."""

    uri: str
    etag: str
    size: int

    @property
    def suffix(self) -> str:
        """``parquet``, ``csv`` or what else its name ends in, in lower case."""
        return self.uri.rpartition("/")[2].rpartition(".")[2].lower()


@dataclass(frozen=True)
class Listing:
    """Objects by the month of their folder, in key order; ``strays`` are the URIs of what lies in no month's folder."""

    months: Mapping[Month, Sequence[BronzeObject]]
    strays: Sequence[str]


def list_bronze(client: S3Client, bronze: S3Location) -> Listing:
    """Every object below ``bronze``. Empty folder markers are not objects."""
    months: dict[Month, list[BronzeObject]] = defaultdict(list)
    strays: list[str] = []
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bronze.bucket, Prefix=bronze.prefix)
    for item in (item for page in pages for item in page.get("Contents", [])):
        if item["Key"].endswith("/") and not item["Size"]:
            continue
        found = BronzeObject(f"s3://{bronze.bucket}/{item['Key']}", item["ETag"].strip('"'), item["Size"])
        month = Month.of_partition(item["Key"].removeprefix(bronze.prefix))
        if month is None:
            strays.append(found.uri)
        else:
            months[month].append(found)
    return Listing(dict(sorted(months.items())), strays)
