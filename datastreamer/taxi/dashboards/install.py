"""Putting template, retention and dashboards into a domain: what is as it should be is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from datastreamer.aws.search_domain import Answer, SearchDomain, reason
from datastreamer.errors import JobFailedError
from datastreamer.taxi.dashboards.indices import (
    PATTERN,
    POLICY,
    TEMPLATE,
    IndexSettings,
    index_template,
    retention_policy,
)
from datastreamer.taxi.dashboards.objects import ndjson, saved_objects
from datastreamer.taxi.prediction import mapping

_OBJECTS: Final = "/_dashboards/api/saved_objects"
_HEADER: Final = {"osd-xsrf": "true"}
"""Dashboards refuses changes without it (docs.opensearch.org/latest/troubleshoot/)."""


class Outcome(StrEnum):
    """What became of one thing."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Change:
    """``detail`` says why a thing was left out."""

    what: str
    outcome: Outcome
    detail: str = ""


def install(domain: SearchDomain, settings: IndexSettings) -> list[Change]:
    """Bring a domain to what ``settings`` say, and say for each thing what it took.

    Indices that there are get the fields and the policy of new ones; shards and replicas stay as they are. Raises
    JobFailedError when the domain refuses.
    """
    return [
        _template(domain, settings),
        _policy(domain, settings),
        *_mappings(domain),
        *_managed(domain),
        *_objects(domain),
    ]


def holds(held: Any, wanted: Any) -> bool:
    """Whether ``held`` says all that ``wanted`` says: OpenSearch adds defaults, ids and times to what it is given."""
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(key in held and holds(held[key], each) for key, each in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(held, list) and len(held) == len(wanted)
        return same and all(map(holds, held, wanted))
    return bool(held == wanted)


def _template(domain: SearchDomain, settings: IndexSettings) -> Change:
    what, path, wanted = f"index template {TEMPLATE}", f"/_index_template/{TEMPLATE}", index_template(settings)
    found = _found(domain, path)
    held = found["index_templates"][0]["index_template"] if found else None
    if holds(held, wanted):
        return Change(what, Outcome.UNCHANGED)
    domain.must("PUT", path, wanted)
    return Change(what, Outcome.UPDATED if found else Outcome.CREATED)


def _policy(domain: SearchDomain, settings: IndexSettings) -> Change:
    what, path, wanted = f"retention policy {POLICY}", f"/_plugins/_ism/policies/{POLICY}", retention_policy(settings)
    found = _found(domain, path)
    if found is None:
        domain.must("PUT", path, wanted)
        return Change(what, Outcome.CREATED)
    if holds(found["policy"], wanted["policy"]):
        return Change(what, Outcome.UNCHANGED)
    domain.must("PUT", f"{path}?if_seq_no={found['_seq_no']}&if_primary_term={found['_primary_term']}", wanted)
    return Change(what, Outcome.UPDATED)


def _mappings(domain: SearchDomain) -> list[Change]:
    """Give fields that are new to indices that are there: strict as they are, they would refuse documents with them."""
    changes, wanted = [], mapping()
    for name, held in sorted(domain.must("GET", f"/{PATTERN}/_mapping").items()):
        fields = held["mappings"].get("properties", {})
        if not holds(fields, wanted["properties"]):
            domain.must("PUT", f"/{quote(name, safe='')}/_mapping", {"properties": wanted["properties"]})
            changes.append(Change(f"mapping of {name}", Outcome.UPDATED))
    return changes


def _managed(domain: SearchDomain) -> list[Change]:
    """Let the policy as it is now manage indices that were made before it: an index keeps what it was given."""
    policy = domain.must("GET", f"/_plugins/_ism/policies/{POLICY}")
    changes = []
    for name, held in sorted(domain.must("GET", f"/_plugins/_ism/explain/{PATTERN}").items()):
        if not isinstance(held, dict):
            continue  # the number of those that are managed
        managed_by = held.get("policy_id") or held.get("index.plugins.index_state_management.policy_id")
        if managed_by not in (None, POLICY):
            what = f"retention of {name}"
            changes.append(Change(what, Outcome.LEFT_OUT, f"the policy {managed_by} manages it"))
            continue
        if managed_by == POLICY and held.get("policy_seq_no") in (None, policy["_seq_no"]):
            continue  # None: it is to be initialized with the policy as it is then
        action = "change_policy" if managed_by else "add"
        path = f"/_plugins/_ism/{action}/{quote(name, safe='')}"
        answer = domain.must("POST", path, {"policy_id": POLICY})
        if answer["failures"]:
            raise JobFailedError(f"POST {path} failed: {answer['failed_indices']}")
        changes.append(Change(f"retention of {name}", Outcome.UPDATED))
    return changes


def _objects(domain: SearchDomain) -> list[Change]:
    wanted = saved_objects()
    try:
        held = [domain.ask("GET", f"{_OBJECTS}/{each['type']}/{each['id']}") for each in wanted]
        outcomes = [_outcome(answer, each) for answer, each in zip(held, wanted, strict=True)]
        if any(outcome is not Outcome.UNCHANGED for outcome in outcomes):
            _import(domain)
    except _NoDashboardsError as error:
        return [_left_out(str(error))]
    except JobFailedError as error:  # whom the domain lets in, its Dashboards may not
        return [_left_out(str(error))]
    names = (f"{each['type']} {each['attributes']['title']!r}" for each in wanted)
    return [Change(name, outcome) for name, outcome in zip(names, outcomes, strict=True)]


class _NoDashboardsError(Exception):
    """What answers is not the API of saved objects."""


def _outcome(answer: Answer, wanted: dict[str, Any]) -> Outcome:
    document = answer.document
    if answer.is_missing and isinstance(document, dict) and "statusCode" in document:
        return Outcome.CREATED
    if answer.status != 200 or not isinstance(document, dict) or "attributes" not in document:
        raise _NoDashboardsError(f"OpenSearch Dashboards does not answer there ({reason(answer)})")
    parts = {name: wanted[name] for name in ("attributes", "references")}
    return Outcome.UNCHANGED if holds(document, parts) else Outcome.UPDATED


def _import(domain: SearchDomain) -> None:
    boundary = uuid4().hex
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="taxi.ndjson"\r\n'
        "Content-Type: application/ndjson\r\n\r\n"
    ).encode()
    body = b"".join((form, ndjson(), f"\r\n--{boundary}--\r\n".encode()))
    headers = {**_HEADER, "content-type": f"multipart/form-data; boundary={boundary}"}
    answer = domain.ask("POST", f"{_OBJECTS}/_import?overwrite=true", body, headers)
    document = answer.document
    if answer.status != 200 or not isinstance(document, dict):
        raise _NoDashboardsError(f"OpenSearch Dashboards did not take the import ({reason(answer)})")
    if not document.get("success"):
        raise JobFailedError(f"Dashboards refused saved objects: {document.get('errors')}")


def _left_out(why: str) -> Change:
    hint = "To import them by hand: datastreamer taxi dashboards export"
    return Change("saved objects", Outcome.LEFT_OUT, f"{why.rstrip('.')}. {hint}")


def _found(domain: SearchDomain, path: str) -> Any:
    """The document at ``path``; None where there is none."""
    answer = domain.ask("GET", path)
    return None if answer.is_missing else domain.must("GET", path) if answer.status >= 300 else answer.document
