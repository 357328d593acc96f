"""The settings of the silver job, from its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.aws.s3_location import S3Location


@dataclass(frozen=True)
class Config:
    """Where bronze lies, where both tables and the job's state go, and which run this is."""

    bronze: S3Location
    silver: S3Location
    quarantine: S3Location
    state: S3Location
    stage: str
    run_id: str

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Config:
        """From the job's arguments, by name; raises ConfigurationError for a path that is no S3 address."""
        return cls(
            bronze=S3Location.parse(arguments["bronze_path"]),
            silver=S3Location.parse(arguments["silver_path"]),
            quarantine=S3Location.parse(arguments["quarantine_path"]),
            state=S3Location.parse(arguments["state_path"]),
            stage=arguments["stage"],
            run_id=arguments["JOB_RUN_ID"],
        )
