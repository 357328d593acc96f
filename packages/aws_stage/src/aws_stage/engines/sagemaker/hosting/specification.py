"""What a variant is made of, settled when its endpoint is created or updated: models may be deleted afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

STARTUP_SECONDS = 300
"""How long a container may take to answer its first ping, unless ContainerStartupHealthCheckTimeoutInSeconds says."""


@dataclass(frozen=True)
class VariantSpecification:
    """A production variant. ``weight`` and ``instances`` are what is wanted; ``model_data`` is an S3 address.

    ``max_concurrency`` is set for serverless variants, which have one instance.
    """

    name: str
    image: str
    framework: str
    model_data: str | None
    environment: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    instances: int = 1
    serverless: dict[str, Any] | None = None
    random_routing: bool = False
    startup_seconds: int = STARTUP_SECONDS
    instance_type: str | None = None

    @property
    def max_concurrency(self) -> int | None:
        """How many invocations a serverless variant takes at once; None for one with instances."""
        return None if self.serverless is None else self.serverless["MaxConcurrency"]

    def document(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> VariantSpecification:
        """The inverse of ``document``."""
        return cls(**document)

    def resized(self, weight: float | None, instances: int | None) -> VariantSpecification:
        """With another weight or count, where one is given."""
        return replace(
            self,
            weight=self.weight if weight is None else weight,
            instances=self.instances if instances is None else instances,
        )
