"""``python -m datastreamer.sensor votes``."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from datastreamer.errors import JobFailedError, UsageError
from datastreamer.events.receipt import DEFAULT_DIRECTORY
from datastreamer.sensor.command_options import JsonOption, QuietOption, RegionOption, StageOption
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.votes.browser import Browser
from datastreamer.sensor.votes.site import Site, find_site
from datastreamer.sensor.votes.tally_sheet import TallySheet
from datastreamer.sensor.votes.voters import Click, Voters
from datastreamer.stages import enter_stage


def votes(
    *,
    stage: StageOption = "local",
    voters: Annotated[int, typer.Option(min=1, help="Number of browsers that vote.")] = 50,
    rate: Annotated[float, typer.Option(min=0.1, help="Votes a second of all together.")] = 50.0,
    duration: Annotated[float, typer.Option(min=0.1, help="Seconds to vote for.")] = 10.0,
    retries: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Fraction of votes that are sent again although they were taken.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Equal seeds vote alike.")] = 7,
    connections: Annotated[int, typer.Option(min=1, max=256, help="Requests under way at once, at most.")] = 16,
    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url", help="Address of the API.  [default: the site's own config.json]", show_default=False
        ),
    ] = None,
    region: RegionOption = None,
    receipt: Annotated[
        Path | None,
        typer.Option(
            "--receipt", help="File for the receipt.  [default: receipts/votes-<time>.json]", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Vote on a stage's site: simulated browsers click, and try again until each vote is taken."""
    own_stage = enter_stage(stage, os.environ)
    path = receipt or DEFAULT_DIRECTORY / f"votes-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.json"
    if path.exists():
        raise UsageError(f"{path} exists, and a receipt is evidence: move it away or name another with --receipt")
    site = _site(own_stage, region, api_url)
    sheet, stop = TallySheet(), StopRequest()
    begun, begun_ms = time.monotonic(), time.time_ns() // 1_000_000
    browsers = Voters(voters, site.candidates, retries, seed)
    with stop.listening(lambda: os._exit(130)):
        _run(
            site,
            voters=browsers,
            pacer=Pacer(rate),
            duration=duration,
            connections=connections,
            sheet=sheet,
            stop=stop,
            quiet=quiet,
        )
    document: dict[str, Any] = {
        "stage": own_stage,
        "api_url": site.api_url,
        "seconds": round(time.monotonic() - begun, 3),
        **sheet.to_document(),
        # By these the run's votes are told from all others: who clicked, and when, as the ids of the votes have it.
        "from_ms": begun_ms,
        "until_ms": time.time_ns() // 1_000_000,
        "client_ids": browsers.clients,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps({**document, "receipt": str(path)}) + "\n")
    elif not quiet:
        console = Console()
        console.print(_summary(document))
        console.print(f"Receipt: {path}", soft_wrap=True, highlight=False)
    if sheet.unsent or sheet.refused:
        raise JobFailedError(f"{sheet.unsent} votes were never taken and {sheet.refused.total()} were refused")


def _site(stage: str, region: str | None, api_url: str | None) -> Site:
    new_client: Any = boto3.client
    site = find_site(new_client("s3", region_name=region), new_client("sts", region_name=region), stage)
    return site if api_url is None else Site(api_url.rstrip("/"), site.candidates)


def _run(
    site: Site,
    *,
    voters: Voters,
    pacer: Pacer,
    duration: float,
    connections: int,
    sheet: TallySheet,
    stop: StopRequest,
    quiet: bool,
) -> None:
    """Click for ``duration`` seconds, then wait until every click is taken, refused or given up."""
    browser = Browser(site.api_url, connections, sheet, stop)
    clicks: queue.SimpleQueue[Click | None] = queue.SimpleQueue()
    threads = [threading.Thread(target=_send_all, args=(browser, clicks), daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + duration
    with _progress(quiet) as bar:
        task = bar.add_task("votes", total=duration)
        while time.monotonic() < until and not stop.stopped:
            due = pacer.due()
            for _ in range(due):
                clicks.put(voters.click(time.time_ns() // 1_000_000))
            pacer.sent(due)
            bar.update(task, completed=duration - (until - time.monotonic()), taken=sheet.accepted.total())
            stop.wait(min(pacer.pause(), max(0.0, until - time.monotonic())))
        for _ in threads:
            clicks.put(None)
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
                bar.update(task, taken=sheet.accepted.total())


def _send_all(browser: Browser, clicks: queue.SimpleQueue[Click | None]) -> None:
    while (click := clicks.get()) is not None:
        browser.vote(click)


def _progress(quiet: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("voting"),
        BarColumn(),
        TextColumn("{task.fields[taken]:,} votes taken"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


def _summary(document: dict[str, Any]) -> Table:
    table = Table(title=f"votes -> {document['api_url']}", show_header=False)
    table.add_column()
    table.add_column(justify="right", style="bold")
    rows = {
        "votes taken": f"{document['accepted_total']:,}",
        **{f"  for {candidate}": f"{count:,}" for candidate, count in sorted(document["accepted"].items())},
        "sent once more under their ids": f"{document['sent_again']:,}",
        "attempts made again": f"{document['retried']:,}",
        "time": f"{document['seconds']:,.1f} s, {document['accepted_total'] / document['seconds']:,.0f} votes/s",
        "request, p50 / p99": f"{document['request_ms']['p50']:,.0f} / {document['request_ms']['p99']:,.0f} ms",
    }
    if document["refused"] or document["unsent"]:
        rows["REFUSED / NEVER TAKEN"] = f"{sum(document['refused'].values()):,} / {document['unsent']:,}"
    for name, value in rows.items():
        table.add_row(name, value)
    return table
