"""The paths and host names that the stage itself answers to; all others are AWS's."""

from __future__ import annotations

import re

from aws_stage.kernel.data_plane import GRAPH_PATH

HEALTH_PATH = "/_aws_stage/health"
OPERATIONS_PATH = "/_aws_stage/operations"
WEBSITES_PATH = "/_aws_stage/websites"
OWN_PATHS = frozenset({HEALTH_PATH, OPERATIONS_PATH, WEBSITES_PATH})

_WEBSITE = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3-website(?:[.-][a-z0-9-]+)?\.localhost\.?(?::\d+)?")
"""docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html; the region may be left out, as there is one."""

_DOMAIN = re.compile(r"([a-z][a-z0-9-]{2,27})\.[a-z0-9-]+\.es\.localhost\.?(?::\d+)?")
"""``<domain>.<region>.es`` where AWS has ``search-<domain>-<random>.<region>.es.amazonaws.com``."""


def search_domain(host: str) -> str | None:
    """The OpenSearch domain whose endpoint a Host header names: ``trips`` of ``trips.eu-west-1.es.localhost:4566``."""
    found = _DOMAIN.fullmatch(host.strip().lower())
    return found[1] if found else None


def website_bucket(host: str) -> str | None:
    """The bucket whose website endpoint a Host header names: ``votes`` of ``votes.s3-website.localhost:4566``."""
    found = _WEBSITE.fullmatch(host.strip().lower())
    return found[1] if found else None


def graph_endpoint(path: str) -> tuple[str, str]:
    """The endpoint of a graph that a path begins with, and the path of the operation behind it; no name without one."""
    if not path.startswith(GRAPH_PATH):
        return "", path
    name, slash, rest = path.removeprefix(GRAPH_PATH).partition("/")
    return name, slash + rest
