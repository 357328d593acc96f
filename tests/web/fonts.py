"""Which characters the built fonts have, and which fonts a page really uses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from playwright.sync_api import Page

from tests.web.conftest import SOURCES

COVERAGE = """
import { readFile } from "node:fs/promises";
import { Blob, Face } from "harfbuzzjs";
import fontverter from "fontverter";
const codes = {};
for (const file of process.argv.slice(1)) {
  const whole = await fontverter.convert(await readFile(file), "truetype");
  codes[file] = [...new Face(new Blob(whole)).collectUnicodes()];
}
console.log(JSON.stringify(codes));
"""


def covered(site: Path) -> dict[str, set[str]]:
    """The characters that each font of a built site has a glyph for, by the file's name without its hash."""
    files = [str(path) for path in sorted(site.glob("assets/*.woff2"))]
    command = ["node", "--input-type=module", "-e", COVERAGE, *files]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=True)
    return {Path(file).name.rpartition("-")[0]: set(map(chr, codes)) for file, codes in json.loads(done.stdout).items()}


def families_of(page: Page, selector: str) -> set[str]:
    """The family of each font that draws text which the first element of ``selector`` itself holds.

    A character that no font has at all counts for the first family: what a font has, ``covered`` says.
    """
    debugger = page.context.new_cdp_session(page)
    debugger.send("DOM.enable")
    debugger.send("CSS.enable")
    root = debugger.send("DOM.getDocument")["root"]["nodeId"]
    node = debugger.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = debugger.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    debugger.detach()
    assert fonts, f"{selector} has no text"
    return {font["familyName"] + ("" if font["isCustomFont"] else " (the system's)") for font in fonts}
