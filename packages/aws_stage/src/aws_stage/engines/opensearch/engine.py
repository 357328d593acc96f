"""The engine: the operations of domains, and what answers at their names."""

from __future__ import annotations

from collections.abc import Mapping

from aws_stage.engines.opensearch.domain.access import asks_for_password, lets_in
from aws_stage.engines.opensearch.domain.domain import Domain
from aws_stage.engines.opensearch.domain.domains import Domains
from aws_stage.engines.opensearch.domain.tagging import Tagging
from aws_stage.engines.opensearch.domain.versions import compatible_versions, list_versions
from aws_stage.engines.opensearch.index.cluster import Clusters
from aws_stage.engines.opensearch.index.managing import manage
from aws_stage.engines.opensearch.rest.front import anonymous, answer, no_domain
from aws_stage.kernel.data_plane import PlaneAnswer, PlaneRequest
from aws_stage.kernel.engine import Handler, Stage
from aws_stage.kernel.periodic import Periodic

SERVICE = "es"
POLICY_SECONDS = 5.0
"""Between two steps of a policy. OpenSearch takes 5 minutes and more."""


class OpenSearchEngine:
    """Owns the service that signs as ``es``, and serves each domain at a name of its own."""

    name = "opensearch"
    owns = frozenset({SERVICE})

    def __init__(self, stage: Stage) -> None:
        self._domains = domains = Domains(stage)
        self._clusters = Clusters(stage.settings.state_dir / "opensearch", stage.manifest, stage.clock)
        for domain in domains.all():
            self._clusters.open(domain.uid)  # a damaged one stops the start
        domains.created, domains.deleted = self._created, self._deleted
        self._policies = Periodic(self.run_policies, POLICY_SECONDS, "opensearch-policies")
        tagging = Tagging(domains)
        handlers: dict[str, Handler] = {
            "CreateDomain": domains.create,
            "DescribeDomain": domains.describe,
            "DescribeDomains": domains.describe_several,
            "DescribeDomainConfig": domains.describe_config,
            "UpdateDomainConfig": domains.update_config,
            "DeleteDomain": domains.delete,
            "ListDomainNames": domains.list,
            "AddTags": tagging.add,
            "RemoveTags": tagging.remove,
            "ListTags": tagging.list,
            "ListVersions": list_versions,
            "GetCompatibleVersions": compatible_versions,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (SERVICE, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        self._policies.start()

    def stop(self) -> None:
        self._policies.stop()
        self._clusters.close()

    def run_policies(self) -> None:
        """Do the next step of each index that a policy manages."""
        for cluster in self._clusters.all():
            manage(cluster)

    def serve_domain(self, request: PlaneRequest) -> PlaneAnswer:
        """The answer of the domain that the request names."""
        domain = self._domains.find(request.name)
        if domain is None:
            return no_domain(request)
        if not lets_in(domain, request):
            return anonymous(request, asks_for_password(domain))
        return answer(domain.name, domain.engine_version, self._clusters.open(domain.uid), request)

    def _created(self, domain: Domain) -> None:
        self._clusters.open(domain.uid)

    def _deleted(self, domain: Domain) -> None:
        self._clusters.remove(domain.uid)
