"""The door that a request knocks at."""

from __future__ import annotations

from enum import Enum

from aws_stage.gateway.guard.request import Request
from aws_stage.gateway.own_names import OWN_PATHS, search_domain, website_bucket

BACK_DOORS = ("/_ministack/", "/_localstack/", "/_aws/", "/_alb/")


class Door(Enum):
    """Who decides what a request may do."""

    OWN = "the stage's own pages: its health, and websites"
    API = "an API, a function URL or a distribution that was put there for everybody, with rules of its own"
    DOMAIN = "an OpenSearch domain, which says itself whom it lets in without a signature"
    SHUT = "nobody: a back door of ministack's"
    AWS = "an AWS API"


def door_of(request: Request) -> Door:
    """Where a request goes. It asks ministack's own router, so that the two never disagree."""
    from ministack import app

    if website_bucket(request.host) is not None:
        return Door.OWN
    if search_domain(request.host) is not None:
        return Door.DOMAIN
    if app._parse_cloudfront_dataplane_host(request.host) is not None:
        return Door.API
    if request.path in OWN_PATHS:
        return Door.OWN
    api = app._parse_execute_api_url(request.host, request.path)
    if api is not None:
        # Who speaks to an API's open connections is its owner, who signs: AWS, "Use @connections commands".
        return Door.AWS if api[2].startswith("/@connections/") else Door.API
    if app._parse_lambda_url(request.host, request.path) is not None:
        return Door.API
    if request.path.startswith(BACK_DOORS):
        return Door.SHUT
    if request.path.startswith("/_") and app._extract_s3_vhost_bucket(request.host) is None:
        return Door.SHUT  # no bucket's name starts with an underscore; the keys in one may
    return Door.AWS


def serves_web_socket(request: Request) -> bool:
    """Whether a WebSocket handshake is for an API; ministack's other sockets (MQTT, AppSync) take anybody."""
    from ministack import app

    return app._parse_execute_api_url(request.host, request.path) is not None
