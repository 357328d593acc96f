"""``_dashboards/api/saved_objects``: what Dashboards would keep, imported, found, read, exported and deleted.

Dashboards itself is not here; the stage's own page draws what is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import orjson

from aws_stage.engines.opensearch.dashboards.errors import DashboardsError
from aws_stage.engines.opensearch.dashboards.importing import Key, key_of, refusals, uploaded
from aws_stage.engines.opensearch.rest.context import Context

MOST = 10_000
"""Objects that an answer may have (``savedObjects.maxImportExportSize``)."""


def take(context: Context) -> tuple[int, Any]:
    """``POST …/_import``: a form with a file of newline-delimited JSON."""
    context.allow("overwrite")
    _check_header(context)
    overwrite = context.flag("overwrite")
    objects = uploaded(context.headers.get("content-type", ""), context.body)
    now = datetime.fromtimestamp(context.cluster.now_ms() / 1000, UTC).isoformat(timespec="milliseconds")
    with context.cluster.writing() as connection:
        held = {(kind, each) for kind, each in connection.execute("SELECT type, id FROM saved_objects").fetchall()}
        errors, blocks = refusals(objects, held, overwrite=overwrite)
        refused = {(each["type"], each["id"]) for each in errors}
        made = [] if blocks else [each for each in objects if key_of(each) not in refused]
        for each in made:
            body = orjson.dumps({**each, "updated_at": now.replace("+00:00", "Z")}).decode()
            connection.execute("INSERT OR REPLACE INTO saved_objects VALUES (?, ?, ?)", [*key_of(each), body])
    answer: dict[str, Any] = {"success": not errors, "successCount": len(made)}
    if made:
        answer["successResults"] = [
            {"type": each["type"], "id": each["id"], "meta": {"title": each["attributes"].get("title")}}
            for each in made
        ]
    return 200, {**answer, "errors": errors} if errors else answer


def find(context: Context) -> tuple[int, Any]:
    """``GET …/_find?type=…``: in the order of their titles."""
    context.allow("type", "per_page", "page", "fields")
    kinds = parse_qs(context.query_string).get("type", [])
    if not kinds:
        raise DashboardsError("[request query.type]: expected at least one defined value but got [undefined]")
    page, size = _number(context, "page", 1), _number(context, "per_page", 20)
    found = [each for each in _all(context) if each["type"] in kinds]
    found.sort(key=lambda each: (str(each["attributes"].get("title")), each["id"]))
    shown = found[(page - 1) * size : page * size]
    return 200, {"page": page, "per_page": size, "total": len(found), "saved_objects": [_shown(each) for each in shown]}


def get(context: Context) -> tuple[int, Any]:
    """``GET …/{type}/{id}``."""
    context.allow()
    return 200, _shown(_one(context, (context.parts["type"], context.parts["id"])))


def remove(context: Context) -> tuple[int, Any]:
    """``DELETE …/{type}/{id}``."""
    context.allow("force")
    _check_header(context)
    key = (context.parts["type"], context.parts["id"])
    with context.cluster.writing() as connection:
        _one(context, key)
        connection.execute("DELETE FROM saved_objects WHERE type = ? AND id = ?", [*key])
    return 200, {}


def export(context: Context) -> tuple[int, Any]:
    """``POST …/_export``: newline-delimited JSON of ``objects`` or of all of a ``type``."""
    context.allow()
    _check_header(context)
    body = context.document(required=True)
    unknown = body.keys() - {"objects", "type", "includeReferencesDeep", "excludeExportDetails"}
    if unknown:
        raise DashboardsError(f"[request body.{min(unknown)}]: definition for this key is missing")
    if ("objects" in body) == ("type" in body):
        raise DashboardsError("Either `type` or `objects` are required, and not both.")
    kept = {key_of(each): each for each in _all(context)}
    if "type" in body:
        kinds = body["type"] if isinstance(body["type"], list) else [body["type"]]
        wanted = [key for key in kept if key[0] in kinds]
    else:
        wanted = [key_of(each) for each in body["objects"]]
        lost = [f"{kind}:{each}" for kind, each in wanted if (kind, each) not in kept]
        if lost:
            raise DashboardsError(f"Error fetching objects to export: {', '.join(lost)}")
    missing: list[dict[str, str]] = []
    if body.get("includeReferencesDeep"):
        wanted, missing = _with_references(wanted, kept)
    lines = [orjson.dumps(_shown(kept[key])) for key in wanted]
    if not body.get("excludeExportDetails"):
        details = {"exportedCount": len(wanted), "missingRefCount": len(missing), "missingReferences": missing}
        lines.append(orjson.dumps(details))
    return 200, b"".join(line + b"\n" for line in lines)


def _with_references(wanted: list[Key], kept: dict[Key, dict[str, Any]]) -> tuple[list[Key], list[dict[str, str]]]:
    found, missing, pending = dict.fromkeys(wanted), {}, list(wanted)
    while pending:
        for reference in kept[pending.pop()]["references"]:
            key = (reference["type"], reference["id"])
            if key not in kept:
                missing[key] = {"type": key[0], "id": key[1]}
            elif key not in found:
                found[key] = None
                pending.append(key)
    return list(found), list(missing.values())


def _all(context: Context) -> list[dict[str, Any]]:
    with context.cluster.database.reading() as connection:
        rows = connection.execute("SELECT body FROM saved_objects ORDER BY type, id").fetchall()
    return [orjson.loads(body) for (body,) in rows]


def _one(context: Context, key: Key) -> dict[str, Any]:
    with context.cluster.database.reading() as connection:
        row = connection.execute("SELECT body FROM saved_objects WHERE type = ? AND id = ?", [*key]).fetchone()
    if row is None:
        raise DashboardsError(f"Saved object [{key[0]}/{key[1]}] not found", 404)
    found: dict[str, Any] = orjson.loads(row[0])
    return found


def _shown(each: dict[str, Any]) -> dict[str, Any]:
    return {**each, "namespaces": ["default"]}


def _check_header(context: Context) -> None:
    if "osd-xsrf" not in context.headers and "osd-version" not in context.headers:
        raise DashboardsError("Request must contain a osd-xsrf header.")


def _number(context: Context, name: str, default: int) -> int:
    text = context.parameters.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) <= MOST:
        raise DashboardsError(f"[request query.{name}]: expected a number from 1 to {MOST} but got [{text}]")
    return int(text)
