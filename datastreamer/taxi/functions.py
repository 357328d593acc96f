"""What the functions around the model work with on AWS: built once, on a function's first invocation, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.names import Names


@dataclass(frozen=True)
class Place:
    """A stage's taxi pipeline."""

    names: Names

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Place:
        """``STAGE`` and ``ACCOUNT_ID`` say which; raises ConfigurationError where one is missing."""
        try:
            return cls(Names(environ["STAGE"], environ["ACCOUNT_ID"]))
        except KeyError as error:
            raise ConfigurationError(f"the environment has no {error.args[0]}") from error

    def client(self, service: str) -> Any:
        """A client of boto3."""
        new_client: Any = boto3.client
        return new_client(service)

    def rules(self) -> RulesTable:
        """The table of each version's rule."""
        resource: Any = boto3.resource
        return RulesTable(resource("dynamodb").Table(self.names.thresholds_table))
