"""Which fonts a page really uses, as the browser reports it: a letter that one lacks comes from another."""

from __future__ import annotations

from playwright.sync_api import Page


def families_of(page: Page, selector: str) -> set[str]:
    """The family of each font that draws a glyph of the first element of ``selector``."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("DOM.enable")
    debugger.send("CSS.enable")
    root = debugger.send("DOM.getDocument")["root"]["nodeId"]
    node = debugger.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = debugger.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    debugger.detach()
    return {font["familyName"] + ("" if font["isCustomFont"] else " (the system's)") for font in fonts}
