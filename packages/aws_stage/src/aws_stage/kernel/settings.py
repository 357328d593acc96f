"""Settings of the local stage, read once from an environment that the caller passes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aws_stage.errors import ConfigurationError

ACCOUNT_ID = "000000000000"
OWN_SECRET = "local"  # noqa: S105  no secret: whoever may run programs on this machine may know it
"""What the stage itself signs with, under its account as the access key id."""

LOCAL_PAIRS: Mapping[str, str] = {"local": "local", "test": "test", ACCOUNT_ID: OWN_SECRET}
"""The key pairs that the stage knows from the start: access key id to secret."""

HOST = "127.0.0.1"
LONGEST_DML_MINUTES = 240
"""The most that AWS raises the quota "DML query timeout" to; its default is 30."""

_PAIR = re.compile(r"([\w-]{1,128}):([!-+\--~]+)")


@dataclass(frozen=True)
class Settings:
    """Where the local stage listens and keeps its data.

    ``port``: TCP port on loopback. ``data_dir``: everything the stage writes lies below it.
    ``region``: the only region it serves. ``kinesis_limits``: whether each shard refuses more than 1,000 records or
    1 MiB a second, as on AWS. ``access_keys``: the key pairs whose signatures it takes besides those of IAM and STS.
    ``athena_dml_timeout``: how long a query may run (the quota "DML query timeout").
    """

    port: int
    data_dir: Path
    region: str
    kinesis_limits: bool = False
    access_keys: Mapping[str, str] = field(default_factory=lambda: dict(LOCAL_PAIRS), repr=False)
    athena_dml_timeout: timedelta = timedelta(minutes=30)
    jars: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read ``AWS_STAGE_PORT``, ``_DATA_DIR``, ``_REGION``, ``_KINESIS_LIMITS``, ``_ACCESS_KEYS``,
        ``_ATHENA_DML_MINUTES`` and ``_JARS``."""
        raw_port = environ.get("AWS_STAGE_PORT", "4566")
        if not raw_port.isdecimal() or not 1 <= int(raw_port) <= 65535:
            raise ConfigurationError(f"AWS_STAGE_PORT must be a port number from 1 to 65535, not {raw_port!r}")
        limits = environ.get("AWS_STAGE_KINESIS_LIMITS", "0")
        if limits not in ("0", "1"):
            raise ConfigurationError(f"AWS_STAGE_KINESIS_LIMITS must be 0 or 1, not {limits!r}")
        return cls(
            port=int(raw_port),
            data_dir=Path(environ.get("AWS_STAGE_DATA_DIR", ".aws-stage")).resolve(),
            region=environ.get("AWS_STAGE_REGION", "ap-northeast-1"),
            kinesis_limits=limits == "1",
            access_keys={**LOCAL_PAIRS, **_pairs(environ.get("AWS_STAGE_ACCESS_KEYS", ""))},
            athena_dml_timeout=_dml_timeout(environ.get("AWS_STAGE_ATHENA_DML_MINUTES", "30")),
            jars=Path(environ["AWS_STAGE_JARS"]).resolve() if environ.get("AWS_STAGE_JARS") else None,
        )

    def environment(self) -> dict[str, str]:
        """The variables from which ``from_env`` reads these very settings, for a child process."""
        return {
            "AWS_STAGE_PORT": str(self.port),
            "AWS_STAGE_DATA_DIR": str(self.data_dir),
            "AWS_STAGE_REGION": self.region,
            "AWS_STAGE_KINESIS_LIMITS": "1" if self.kinesis_limits else "0",
            "AWS_STAGE_ACCESS_KEYS": ",".join(
                f"{key_id}:{secret}" for key_id, secret in self.access_keys.items() if key_id not in LOCAL_PAIRS
            ),
            "AWS_STAGE_ATHENA_DML_MINUTES": str(self.athena_dml_timeout / timedelta(minutes=1)),
            "AWS_STAGE_JARS": str(self.jars_dir),
        }

    @property
    def endpoint_url(self) -> str:
        """The AWS endpoint that every client of the stage uses."""
        return f"http://localhost:{self.port}"

    @property
    def jars_dir(self) -> Path:
        """Where hadoop-aws and the AWS SDK lie, which Spark needs to read S3; ``jars`` in the data unless set."""
        return self.jars or self.data_dir / "jars"

    @property
    def state_dir(self) -> Path:
        """Durable state of the emulated services and of the engines."""
        return self.data_dir / "state"


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for number, part in enumerate(filter(None, (part.strip() for part in text.split(","))), 1):
        found = _PAIR.fullmatch(part)
        if found is None or found[1] in LOCAL_PAIRS:  # a secret is not shown
            raise ConfigurationError(
                "AWS_STAGE_ACCESS_KEYS must be pairs id:secret with commas between them, and none of the ids "
                f"{', '.join(LOCAL_PAIRS)}, whose secrets are fixed; pair {number} is not so"
            )
        pairs[found[1]] = found[2]
    return pairs


def _dml_timeout(text: str) -> timedelta:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes <= LONGEST_DML_MINUTES:
        raise ConfigurationError(
            f"AWS_STAGE_ATHENA_DML_MINUTES must be above 0 and at most {LONGEST_DML_MINUTES}, not {text!r}"
        )
    return timedelta(minutes=minutes)
