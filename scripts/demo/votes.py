"""The live vote, from a browser's click to the totals on every screen and to the lake, with voters who send twice."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.terraform.workspace import data_directory
from scripts.chromium import find_chromium
from scripts.demo.steps import CLI, PYTHON, REPOSITORY, Demo

READINGS = 10_000
VOTERS, RATE, RETRIES = 200, 500, 0.1
SITE = "datastreamer-local-votes-site"
"""What the site's distribution is called."""


def show(demo: Demo, readings: int, receipts: Path | None, keep: bool) -> str:
    """All the steps, from provisioning to the proof; returns what was proven.

    Raises StepFailedError at the first step that fails.
    """
    run = f"votes-{secrets.token_hex(3)}"
    files = data_directory(demo.environ)
    receipt = (receipts or files / "demo") / f"{run}.json"
    ledger_file = files / "demo" / f"{run}-ledger.json"
    demo.step(
        "Terraform provisions stream, functions, tables, APIs and the site",
        [PYTHON, "-m", "scripts.provision", "apply", "local", "--pipeline", "votes", "--auto-approve"],
        "make apply WITH=votes",
    )
    page = _page(demo.environ)
    demo.say(f"[bold]The page:[/] {page}\n")
    voters = (
        f"votes --stage local --voters {VOTERS} --rate {RATE} --duration {readings / RATE:g} --retries {RETRIES}"
        f" --seed {secrets.randbelow(1_000_000)} --receipt {_shown(receipt)}"
    )
    demo.step(
        f"{VOTERS} simulated voters click, and send one vote in ten twice",
        [PYTHON, "-m", "datastreamer.sensor", *voters.split()],
        f"python -m datastreamer.sensor {voters}",
    )
    _photograph(demo, page, files / "screenshots" / "votes-demo.png")
    audit = f"votes audit --receipt {_shown(receipt)} --stage local"
    demo.step(
        "The proof: is each vote in the totals once, and in the lake once?",
        [CLI, *audit.split(), "--ledger", str(ledger_file)],
        f"datastreamer {audit}",
    )
    if keep:
        demo.say(f"The page is left open to play with: {page}\n")
    return _proven(json.loads(ledger_file.read_text(encoding="utf-8")))


def _page(environ: Mapping[str, str]) -> str:
    """Address of the site: CloudFront's, by HTTP as everything of the local stage."""
    new_client: Any = boto3.client
    cloudfront = new_client(
        "cloudfront",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        region_name=environ["AWS_DEFAULT_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
    found = cloudfront.list_distributions()["DistributionList"]["Items"]
    return f"http://{next(one['DomainName'] for one in found if one['Comment'] == SITE)}/"


def _photograph(demo: Demo, page: str, picture: Path) -> None:
    """Where there is no browser the page is not looked at, and the demo says so."""
    try:
        find_chromium(demo.environ)
    except ConfigurationError as error:
        demo.say(f"[yellow]No picture of the page:[/] {error}\n")
        return
    words = f"scripts.demo.screenshot {page} --out {_shown(picture)}"
    demo.step("A browser opens the page", [PYTHON, "-m", *words.split()], f"python -m {words}")


def _proven(ledger: dict[str, dict[str, int]]) -> str:
    taken, counted, kept = (
        sum(counts[name] for counts in ledger.values()) for name in ("taken", "counted", "of_the_run")
    )
    race = ", ".join(f"{candidate} {counts['taken']:,}" for candidate, counts in ledger.items())
    return f"{taken:,} votes taken = {counted:,} in the totals = {kept:,} in the lake, each once ({race})"


def _shown(path: Path) -> str:
    """``path`` as a user in the repository types it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)
