"""Tags of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aws_stage.engines.opensearch.domain.domain import Domain
from aws_stage.engines.opensearch.domain.domains import MODEL, Domains
from aws_stage.engines.opensearch.domain.validation import invalid
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import Call

MOST_TAGS = 50


class Tagging:
    """Domains are named by ARN here."""

    def __init__(self, domains: Domains) -> None:
        self._domains = domains

    def add(self, call: Call) -> dict[str, Any]:
        """AddTags: replaces those of the same key."""
        check(MODEL, "AddTags", call.payload)

        def tagged(domain: Domain) -> Domain:
            tags = {**domain.tags, **{tag["Key"]: tag["Value"] for tag in call.payload["TagList"]}}
            if len(tags) > MOST_TAGS:
                raise invalid(f"A domain has at most {MOST_TAGS} tags.")
            return replace(domain, tags=tags)

        self._domains.change(_name(call), tagged)
        return {}

    def remove(self, call: Call) -> dict[str, Any]:
        """RemoveTags: keys that are not there are no error."""
        check(MODEL, "RemoveTags", call.payload)
        keys = set(call.payload["TagKeys"])

        def untagged(domain: Domain) -> Domain:
            return replace(domain, tags={key: value for key, value in domain.tags.items() if key not in keys})

        self._domains.change(_name(call), untagged)
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        """ListTags."""
        check(MODEL, "ListTags", call.payload)
        tags = self._domains.get(_name(call)).tags
        return {"TagList": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def _name(call: Call) -> str:
    name: str = call.payload["ARN"].rpartition(":domain/")[2]
    return name
