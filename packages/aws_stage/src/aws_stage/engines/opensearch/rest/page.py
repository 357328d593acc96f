"""The stage's own page, where AWS has OpenSearch Dashboards: it draws the saved objects that a domain keeps.

``packages/aws_stage/page`` is its source; what is built of it lies beside this package's code.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from aws_stage.engines.opensearch.dashboards.errors import DashboardsError
from aws_stage.engines.opensearch.rest.context import Context
from aws_stage.kernel.data_plane import PlaneAnswer

_TYPES = {
    "page.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "licences.txt": "text/plain; charset=utf-8",
}
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
"""The page shows texts that anybody may have put into documents: no script of a text, and nothing from elsewhere."""


def page(context: Context) -> tuple[int, Any]:
    """``GET /_dashboards/``, and ``/_dashboards/app/dashboards``, to which links to a dashboard lead."""
    context.allow()
    return 200, _file("index.html", "text/html; charset=utf-8")


def part(context: Context) -> tuple[int, Any]:
    """``GET /_dashboards/{file}``: script, style, icon, licences."""
    context.allow()
    kind = _TYPES.get(context.parts["file"])
    if kind is None:
        raise DashboardsError("Not Found", 404)
    return 200, _file(context.parts["file"], kind)


def _file(name: str, kind: str) -> PlaneAnswer:
    content = files("aws_stage.engines.opensearch.dashboards").joinpath("page", name).read_bytes()
    return PlaneAnswer(200, kind, content, HEADERS)
