"""Open a stage's page in a headless browser and save what it shows:
``python -m scripts.demo.screenshot <address of the page> --out votes.png``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from datastreamer.errors import DatastreamerError, JobFailedError
from scripts.chromium import find_chromium

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


def main(arguments: list[str]) -> int:
    """Save the picture; returns 0, or 1 when the page does not come to show the totals."""
    parser = argparse.ArgumentParser(prog="screenshot", description=__doc__)
    parser.add_argument("url", help="address of the page")
    parser.add_argument("--out", type=Path, required=True, help="file for the picture")
    parser.add_argument("--locale", default="ja-JP", help="language of the browser (ja-JP)")
    options = parser.parse_args(arguments)
    try:
        totals = photograph(options.url, options.out, options.locale)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except Error as error:
        print(f"error: {error.message.splitlines()[0]}", file=sys.stderr)
        return 1
    shown = ", ".join(f"{candidate} {votes:,}" for candidate, votes in totals.items())
    print(f"The page shows {shown}. Picture: {options.out}")
    return 0


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
    sys.exit(main(sys.argv[1:]))
