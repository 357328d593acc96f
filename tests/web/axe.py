"""axe-core, which finds what a screen reader or a weak eye would stumble over."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.web.conftest import SOURCES


def run_axe(page: Page) -> dict[str, Any]:
    """What axe-core says of the page: rule ids and the markup that breaks each, and the ids of the rules that hold.

    The library comes in through the debugger, since the page's policy lets no script in.
    """
    page.evaluate((SOURCES / "node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run(document)")
    broken = [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]
    return {"violations": broken, "passes": [rule["id"] for rule in found["passes"]]}
