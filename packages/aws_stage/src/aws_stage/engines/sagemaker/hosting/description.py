"""An endpoint as DescribeEndpoint shows it, and as its events do."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.sagemaker.arns import ENDPOINT
from aws_stage.engines.sagemaker.events import Events, milliseconds, tags_of
from aws_stage.engines.sagemaker.hosting.deployment import Deployment
from aws_stage.engines.sagemaker.hosting.live import LiveDeployments
from aws_stage.engines.sagemaker.hosting.specification import VariantSpecification
from aws_stage.engines.sagemaker.resources import Document, Resources

_SHOWN = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "EndpointStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
    "LastDeploymentConfig",
)
_TIMES = ("CreationTime", "LastModifiedTime")
_NAMES = {"InService": "IN_SERVICE", "RollingBack": "ROLLING_BACK", "UpdateRollbackFailed": "UPDATE_ROLLBACK_FAILED"}
"""EndpointStatus as events write it; the others are plain upper case."""


class Descriptions:
    """Describes endpoints, and announces what changed of them."""

    def __init__(self, resources: Resources, live: LiveDeployments, events: Events) -> None:
        self._resources = resources
        self._live = live
        self._events = events

    def of(self, document: Document) -> dict[str, Any]:
        """The answer of DescribeEndpoint."""
        answer = {field: document[field] for field in _SHOWN if field in document}
        name = document["EndpointName"]
        deployment = self._live.get(name)
        if deployment is not None:
            answer["ProductionVariants"] = _variants(document["Deployment"], deployment, document["CreationTime"])
        if "Pending" in document:
            pending = document["Pending"]
            variants = _variants(pending["Deployment"], self._live.green(name), pending["StartTime"])
            if "VariantStatus" in pending:
                variants = [{**variant, "VariantStatus": [pending["VariantStatus"]]} for variant in variants]
            answer["PendingDeploymentSummary"] = {
                "EndpointConfigName": pending["EndpointConfigName"],
                "StartTime": pending["StartTime"],
                "ProductionVariants": variants,
            }
        return answer

    def announce(self, document: Document, detail_type: str = "SageMaker Endpoint State Change") -> None:
        """Send the event of an endpoint's present state."""
        shown = milliseconds(self.of(document), _TIMES)
        status = document["EndpointStatus"]
        shown |= {"EndpointStatus": _NAMES.get(status, status.upper()), "Tags": tags_of(document)}
        self._events.send(detail_type, shown, document["EndpointArn"])

    def say(self, endpoint: str, status: str, message: str) -> None:
        """The variants of the pending deployment are in ``status`` (VariantStatus) from now on."""

        def edit(document: Document) -> None:
            now = self._resources.now()
            document["Pending"]["VariantStatus"] = {"Status": status, "StatusMessage": message, "StartTime": now}

        document = self._resources.change(ENDPOINT, endpoint, edit)
        self.announce(document, "SageMaker Endpoint Deployment State Change")


def _variants(wanted: Document, deployment: Deployment | None, since: float) -> list[dict[str, Any]]:
    """The variants as Describe shows them; ``deployment`` knows what is current."""
    shown = []
    for document in wanted["Specifications"]:
        each = VariantSpecification.from_document(document)
        image = {"SpecifiedImage": each.image, "ResolvedImage": each.image, "ResolutionTime": since}
        summary: dict[str, Any] = {"VariantName": each.name, "DeployedImages": [image], "DesiredWeight": each.weight}
        variant = deployment.variants.get(each.name) if deployment else None
        if variant is not None:
            summary["CurrentWeight"] = variant.weight
        if each.serverless is not None:
            summary |= {"CurrentServerlessConfig": each.serverless, "DesiredServerlessConfig": each.serverless}
        else:
            summary["DesiredInstanceCount"] = each.instances
            summary["CurrentInstanceCount"] = 0
            if variant is not None:
                summary["CurrentInstanceCount"] = sum(each.settled.is_set() for each in variant.instances)
        shown.append(summary)
    return shown
