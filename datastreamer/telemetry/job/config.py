"""The settings of the Glue job, from its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError
from datastreamer.telemetry.job.run_log import LEASE
from datastreamer.telemetry.manifest import Manifest

TURN_BYTES = 512 * 1024 * 1024
"""Raw bytes (as stored) that one turn reads, about 13 million readings; a backlog takes several turns."""


@dataclass(frozen=True)
class Config:
    """The job's settings.

    ``full_listing``: ``daily``, ``always`` or ``never`` list every raw object; ``lookback_hours``: how far other
    listings go back (see new_objects). ``patience``: how long to wait for a run that is at it; ``lease``: see run_log.
    """

    raw: S3Location
    curated: S3Location
    quarantine: S3Location
    state: S3Location
    stage: str
    run_id: str
    lookback_hours: int = 48
    full_listing: str = "daily"
    patience: timedelta = timedelta(minutes=10)
    lease: timedelta = LEASE
    turn_bytes: int = TURN_BYTES

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Config:
        """From the job's arguments, by name; raises ConfigurationError for a value that does not fit."""
        full_listing = arguments.get("full_listing", "daily")
        if full_listing not in ("daily", "always", "never"):
            raise ConfigurationError(f"--full_listing must be daily, always or never, not {full_listing!r}")
        lookback = arguments.get("lookback_hours", "48")
        if not lookback.isdecimal():
            raise ConfigurationError(f"--lookback_hours must be a number of hours, not {lookback!r}")
        return cls(
            raw=S3Location.parse(arguments["raw_path"]),
            curated=S3Location.parse(arguments["curated_path"]),
            quarantine=S3Location.parse(arguments["quarantine_path"]),
            state=S3Location.parse(arguments["state_path"]),
            stage=arguments["stage"],
            run_id=arguments["JOB_RUN_ID"],
            lookback_hours=int(lookback),
            full_listing=full_listing,
        )

    def lists_all(self, last: Manifest | None, now: datetime) -> bool:
        """Whether a listing at ``now`` looks at every raw object; ``last`` is the last committed manifest."""
        if last is None or not last.full_listing_at or self.full_listing == "always":
            return True
        listed = datetime.fromisoformat(last.full_listing_at)
        return self.full_listing == "daily" and now - listed >= timedelta(days=1)
