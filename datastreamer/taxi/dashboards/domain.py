"""Which domain predictions go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datastreamer.errors import ConfigurationError
from datastreamer.taxi.names import Names

_HINT = "Name one with --domain or --endpoint, or give the pipeline one: opensearch in its settings"


def configured_domain(names: Names, client: Callable[[str], Any]) -> str:
    """The name of the domain that the delivery stream of predictions writes to.

    Raises ConfigurationError where it writes to S3 alone, or to a collection of OpenSearch Serverless. ``client`` makes
    a boto3 client of a service.
    """
    firehose = client("firehose")
    try:
        stream = firehose.describe_delivery_stream(DeliveryStreamName=names.predictions)
    except firehose.exceptions.ResourceNotFoundException:
        raise ConfigurationError(f"there is no delivery stream {names.predictions}. {_HINT}") from None
    for destination in stream["DeliveryStreamDescription"]["Destinations"]:
        found = destination.get("AmazonopensearchserviceDestinationDescription")
        if found and found.get("DomainARN"):
            name: str = found["DomainARN"].rpartition("/")[2]
            return name
    raise ConfigurationError(f"the delivery stream {names.predictions} writes to no OpenSearch domain. {_HINT}")


def endpoint_of(domain: str, client: Callable[[str], Any]) -> str:
    """Where a domain answers; raises ConfigurationError for one that there is not, or that has no endpoint yet."""
    opensearch = client("opensearch")
    try:
        status = opensearch.describe_domain(DomainName=domain)["DomainStatus"]
    except opensearch.exceptions.ResourceNotFoundException:
        raise ConfigurationError(f"there is no OpenSearch domain {domain}") from None
    found = status.get("Endpoint") or status.get("Endpoints", {}).get("vpc")
    if not found:
        raise ConfigurationError(f"the domain {domain} has no endpoint yet: it is still being made")
    return str(found)
