"""The versions of the model side by side: how good each was, and what share of the traffic it gets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.taxi.model.registry import versions
from datastreamer.taxi.model.serving import endpoint_state, version_of

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

FIGURES: Final = ("rmse", "mae", "p99", "recall", "false_alarms", "floor", "factor", "training_from", "training_to")
"""Properties of a package, as the training pipeline wrote them."""


@dataclass(frozen=True)
class Row:
    """``state`` is the approval, or what the endpoint does with the version; ``share`` of the traffic, 0 to 1, None
    while AWS does not say; ``why`` it was approved or rejected."""

    version: str
    state: str
    share: float | None
    created: str
    why: str
    figures: dict[str, str]

    def document(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def overview(sagemaker: SageMakerClient, group: str) -> list[Row]:
    """A row for each version, newest first."""
    endpoint = endpoint_state(sagemaker, group)
    shares, states = _shares(group, endpoint), _states(group, endpoint)
    rows = []
    for each in versions(sagemaker, group):
        package = sagemaker.describe_model_package(ModelPackageName=each.arn)
        properties = package.get("CustomerMetadataProperties", {})
        rows.append(
            Row(
                each.version,
                states.get(each.version, each.approval),
                shares.get(each.version, 0.0),
                each.created.isoformat(timespec="seconds"),
                package.get("ApprovalDescription", ""),
                {name: properties[name] for name in FIGURES if name in properties},
            )
        )
    return rows


def _states(group: str, endpoint: Any | None) -> dict[str, str]:
    if endpoint is None:
        return {}
    status = endpoint["EndpointStatus"]
    served = version_of(group, endpoint["EndpointConfigName"])
    states = {} if served is None else {served: "InService" if status in _SERVING else status}
    coming = version_of(group, endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName", ""))
    if coming is not None:
        states[coming] = _step(endpoint) or status
    return states


_SERVING: Final = ("InService", "Updating", "RollingBack", "SystemUpdating", "UpdateRollbackFailed")


def _step(endpoint: Any) -> str:
    """The newest VariantStatus of the deployment under way, such as Baking."""
    for variant in endpoint["PendingDeploymentSummary"].get("ProductionVariants", []):
        for status in variant.get("VariantStatus", []):
            return str(status["Status"])
    return ""


def _shares(group: str, endpoint: Any | None) -> dict[str, float | None]:
    """While traffic passes from one version to the other, AWS says which has which capacity, and not whose calls."""
    if endpoint is None or endpoint["EndpointStatus"] not in _SERVING:
        return {}
    served = version_of(group, endpoint["EndpointConfigName"])
    coming = version_of(group, endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName", ""))
    if served is None:
        return {}
    return {served: 1.0} if coming is None else {served: None, coming: None}
