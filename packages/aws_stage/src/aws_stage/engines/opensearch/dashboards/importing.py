"""An export of saved objects, read: newline-delimited JSON in a form.

docs.opensearch.org/latest/dashboards/management/multi-data-sources/ names the API; its shapes are those of the saved
objects API (github.com/opensearch-project/OpenSearch-Dashboards, src/core/server/saved_objects).
"""

from __future__ import annotations

from collections.abc import Container
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import orjson

from aws_stage.engines.opensearch.dashboards.errors import DashboardsError

TYPES = frozenset({"index-pattern", "search", "visualization", "dashboard", "query", "config", "url"})
ENFORCED = frozenset({"index-pattern", "search"})
"""Types of references without whose object an import makes nothing."""

Key = tuple[str, str]
"""Type and id."""


def uploaded(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """The objects in the field ``file`` of a form; raises DashboardsError."""
    if not content_type.startswith("multipart/form-data"):
        raise DashboardsError("Unsupported Media Type", 415)
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in form.iter_parts() if form.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "file":
            if not str(part.get_filename() or "").endswith(".ndjson"):
                raise DashboardsError(f"Invalid file extension {part.get_filename()}")
            content = part.get_payload(decode=True)
            return _objects(content if isinstance(content, bytes) else b"")
    raise DashboardsError("[request body.file]: expected value of type [Stream] but got [undefined]")


def refusals(
    objects: list[dict[str, Any]], held: Container[Key], *, overwrite: bool
) -> tuple[list[dict[str, Any]], bool]:
    """An error for each object that cannot be imported, and whether nothing is to be made for them.

    An object that is there already keeps itself alone from being made; one that the domain cannot keep, or that names
    an index pattern or a search that there is not, keeps all.
    """
    brought = {key_of(each) for each in objects}
    found, blocks = [], False
    for each in objects:
        lost = [
            {"type": reference["type"], "id": reference["id"]}
            for reference in each["references"]
            if reference["type"] in ENFORCED
            and (key := (reference["type"], reference["id"])) not in brought
            and key not in held
        ]
        error: dict[str, Any]
        if each["type"] not in TYPES:
            error, blocks = {"type": "unsupported_type"}, True
        elif lost:
            error, blocks = {"type": "missing_references", "references": lost, "blocking": []}, True
        elif not overwrite and key_of(each) in held:
            error = {"type": "conflict"}
        else:
            continue
        title = each["attributes"].get("title")
        found.append({"id": each["id"], "type": each["type"], "title": title, "error": error})
    return found, blocks


def key_of(each: dict[str, Any]) -> Key:
    """Type and id of an object."""
    return each["type"], each["id"]


def _objects(content: bytes) -> list[dict[str, Any]]:
    found = []
    for line in content.splitlines():
        if not line.strip():
            continue
        try:
            each = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise DashboardsError(f"Unexpected token in JSON: {error}") from error
        if isinstance(each, dict) and "exportedCount" in each:
            continue  # the summary that ends an export
        found.append(_checked(each))
    keys = [key_of(each) for each in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise DashboardsError(f"Non-unique import objects detected: {twice}")
    return found


def _checked(each: Any) -> dict[str, Any]:
    if not isinstance(each, dict) or not all(isinstance(each.get(name), str) and each[name] for name in ("type", "id")):
        raise DashboardsError("a saved object has a type and an id, both texts")
    attributes, references = each.get("attributes"), each.get("references") or []
    if not isinstance(attributes, dict) or not isinstance(references, list):
        raise DashboardsError(f"{each['type']}:{each['id']} has no attributes, or references that are no array")
    for reference in references:
        if not isinstance(reference, dict) or not {"name", "type", "id"} <= reference.keys():
            raise DashboardsError(f"a reference of {each['type']}:{each['id']} lacks name, type or id")
    return {
        "type": each["type"],
        "id": each["id"],
        "attributes": attributes,
        "references": references,
        "migrationVersion": each.get("migrationVersion") or {},
    }
