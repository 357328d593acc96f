"""How the deploy function deploys: its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datastreamer.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """``canary_percent`` of the traffic goes to a new version first, for ``baking_seconds``; while the rest follows,
    for ``settling_seconds``, the alarms are watched too. ``alarms`` by name; ``role`` is the model's."""

    role: str
    instance_type: str
    instances: int
    kms_key: str
    canary_percent: int
    baking_seconds: int
    settling_seconds: int
    alarms: tuple[str, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Raises ConfigurationError for a variable that is missing or no number."""
        try:
            return cls(
                environ["MODEL_ROLE_ARN"],
                environ["INSTANCE_TYPE"],
                int(environ["INSTANCES"]),
                environ["KMS_KEY_ARN"],
                int(environ["CANARY_PERCENT"]),
                int(environ["BAKING_SECONDS"]),
                int(environ["SETTLING_SECONDS"]),
                tuple(filter(None, environ["ALARMS"].split(","))),
            )
        except (KeyError, ValueError) as error:
            raise ConfigurationError(f"the environment of the deploy function: {error}") from error
