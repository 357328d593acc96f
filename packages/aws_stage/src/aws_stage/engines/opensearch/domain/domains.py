"""The control plane: create, describe, list, change and delete domains."""

from __future__ import annotations

import copy
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_stage.engines.opensearch.domain.domain import DEFAULT_VERSION, DEFAULTS, Domain
from aws_stage.engines.opensearch.domain.validation import completed, engine_version, invalid, unsupported
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Stage

_DOMAIN = "domain"
MODEL = "opensearch"


class Domains:
    """The domains of the stage, kept in its store. ``created`` and ``deleted`` are called with the domain."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = stage.store("opensearch")
        self._lock = threading.RLock()
        self.created: Callable[[Domain], None] = lambda _domain: None
        self.deleted: Callable[[Domain], None] = lambda _domain: None

    def all(self) -> list[Domain]:
        """Every domain, by name."""
        return [Domain.from_document(document) for _, document in self._store.items(_DOMAIN)]

    def find(self, name: str) -> Domain | None:
        """The domain of that name, if there is one."""
        document = self._store.get(_DOMAIN, name)
        return None if document is None else Domain.from_document(document)

    def get(self, name: str) -> Domain:
        """The domain; raises ResourceNotFoundException."""
        domain = self.find(name)
        if domain is None:
            raise AwsError("ResourceNotFoundException", f"Domain not found: {name}", 409)
        return domain

    def change(self, name: str, edit: Callable[[Domain], Domain]) -> Domain:
        """Replace a domain by ``edit`` of it."""
        with self._lock:
            domain = edit(self.get(name))
            self._store.put(_DOMAIN, name, domain.document())
        return domain

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDomain: active at once."""
        request = call.payload
        check(MODEL, "CreateDomain", request)
        now = self._stage.clock.now().timestamp()
        domain = Domain(
            name=request["DomainName"],
            uid=uuid.uuid4().hex,
            region=self._stage.settings.region,
            engine_version=engine_version(request.get("EngineVersion") or DEFAULT_VERSION),
            created=now,
            updated=now,
            version=1,
            options=completed(copy.deepcopy(DEFAULTS), request),
            tags={tag["Key"]: tag["Value"] for tag in request.get("TagList") or []},
        )
        with self._lock:
            if self.find(domain.name) is not None:
                raise AwsError("ResourceAlreadyExistsException", f"Domain {domain.name} already exists.", 409)
            self.created(domain)
            self._store.put(_DOMAIN, domain.name, domain.document())
        return {"DomainStatus": self._status(domain)}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDomain."""
        return {"DomainStatus": self._status(self.get(call.payload["DomainName"]))}

    def describe_several(self, call: Call) -> dict[str, Any]:
        """DescribeDomains: those that there are."""
        check(MODEL, "DescribeDomains", call.payload)
        found = map(self.find, call.payload["DomainNames"])
        return {"DomainStatusList": [self._status(domain) for domain in found if domain is not None]}

    def describe_config(self, call: Call) -> dict[str, Any]:
        """DescribeDomainConfig."""
        return {"DomainConfig": self.get(call.payload["DomainName"]).config()}

    def update_config(self, call: Call) -> dict[str, Any]:
        """UpdateDomainConfig: what it names is merged into what there is, at once."""
        request = call.payload
        check(MODEL, "UpdateDomainConfig", request)
        if request.get("DryRun"):
            raise unsupported("DryRun")

        def merged(domain: Domain) -> Domain:
            options = completed(copy.deepcopy(domain.options), request)
            now = self._stage.clock.now().timestamp()
            return replace(domain, options=options, version=domain.version + 1, updated=now)

        return {"DomainConfig": self.change(request["DomainName"], merged).config()}

    def list(self, call: Call) -> dict[str, Any]:
        """ListDomainNames."""
        kind = call.payload.get("EngineType") or "OpenSearch"
        if kind not in ("OpenSearch", "Elasticsearch"):
            raise invalid(f"EngineType must be OpenSearch or Elasticsearch, not {kind!r}.")
        names = [domain.name for domain in self.all()] if kind == "OpenSearch" else []
        return {"DomainNames": [{"DomainName": name, "EngineType": "OpenSearch"} for name in names]}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDomain: its documents are gone with it."""
        with self._lock:
            domain = self.get(call.payload["DomainName"])
            self._store.delete(_DOMAIN, domain.name)
            self.deleted(domain)
        return {"DomainStatus": self._status(domain, deleted=True)}

    def _status(self, domain: Domain, *, deleted: bool = False) -> dict[str, Any]:
        return domain.status(self._stage.settings.port, deleted=deleted)
