"""Open a stage's page in a headless browser and save what it shows:
``python -m scripts.demo.screenshot <address of the page> --out votes.png``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Error, Page, sync_playwright

from datastreamer.errors import JobFailedError
from scripts.chromium import find_chromium
from scripts.commands import new_app, run

WIDTH, HEIGHT = 1280, 900
PATIENCE_MS = 20_000
POLL_MS = 100

_SHOWN = r"""() => Object.fromEntries([...document.querySelectorAll('[data-count]')].map(element => {
  const number = element.querySelector('.choice-number').innerText
  return [element.dataset.count, Number(number.replaceAll(/\D/g, ''))]
}))"""
_TOTALS = """async () => {
  const { api_url } = await (await fetch('config.json')).json()
  return (await (await fetch(`${api_url}/totals`)).json()).totals
}"""


app = new_app(__doc__)


@app.command()
def screenshot(
    url: Annotated[str, typer.Argument(help="Address of the page.")],
    out: Annotated[Path, typer.Option(help="File for the picture.")],
    locale: Annotated[str, typer.Option(help="Language of the browser.")] = "ja-JP",
) -> None:
    """Save the picture; exits 1 when the page does not come to show the totals."""
    try:
        totals = photograph(url, out, locale)
    except Error as error:
        raise JobFailedError(error.message.splitlines()[0]) from error
    shown = ", ".join(f"{candidate} {votes:,}" for candidate, votes in totals.items())
    typer.echo(f"The page shows {shown}. Picture: {out}")


def photograph(url: str, out: Path, locale: str) -> dict[str, int]:
    """Save the page as soon as it shows the totals that the API tells; returns these.

    Raises ConfigurationError without a browser, JobFailedError when the page does not come to show them.
    """
    chromium = find_chromium(os.environ)
    with sync_playwright() as playwright:
        # The sandbox needs a user other than root, or kernel features that containers lack; the page is our own.
        browser = playwright.chromium.launch(
            executable_path=chromium.binary,
            env={**os.environ, **chromium.environment},
            args=["--disable-gpu", "--disable-background-networking"],
            chromium_sandbox=False,
        )
        try:
            page = browser.new_page(locale=locale, viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            page.set_default_timeout(PATIENCE_MS)
            page.goto(url)
            page.locator("#connection[data-state=live]").wait_for()
            totals = _settled(page)
            out.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=out, full_page=True)
            return totals
        finally:
            browser.close()


def _settled(page: Page) -> dict[str, int]:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        totals: dict[str, int] = page.evaluate(_TOTALS)
        shown: dict[str, int] = page.evaluate(_SHOWN)
        if shown == totals:
            return totals
        if time.monotonic() > deadline:
            raise JobFailedError(f"the page shows {shown}, and the API tells {totals}")
        page.wait_for_timeout(POLL_MS)


if __name__ == "__main__":
    sys.exit(run(app, sys.argv[1:], "screenshot"))
