"""The names of what the taxi pipeline has on a stage."""

from __future__ import annotations

from dataclasses import dataclass

from datastreamer.aws.s3_location import S3Location


@dataclass(frozen=True)
class Names:
    """Resource names of stage ``stage`` (``prod``, ``staging``, ``local``) in account ``account_id`` (12 digits)."""

    stage: str
    account_id: str

    @property
    def raw_bucket(self) -> str:
        """The bucket of bronze."""
        return f"datastreamer-{self.stage}-taxi-raw-{self.account_id}"

    @property
    def bronze(self) -> S3Location:
        """Where TLC's files lie as published."""
        return S3Location(self.raw_bucket, "yellow/")
