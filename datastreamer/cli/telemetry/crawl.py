"""``datastreamer telemetry crawl``: start the crawler, and follow it."""

from __future__ import annotations

from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption
from datastreamer.telemetry.crawls import crawl as run_crawler


def crawl(
    wait: WaitOption = True, timeout: TimeoutOption = 3600, as_json: JsonOption = False, stage: StageOption = "local"
) -> None:
    """Start the crawler and follow it to its end."""
    context = Context.enter(stage)
    crawler = context.names.crawler
    with context.following(crawler, quiet=as_json) as report:
        last = run_crawler(
            context.client("glue"), crawler, wait=wait, patience=Patience(timeout=timeout), report=report
        )
    if as_json:
        context.answer_json({"crawler": crawler, "state": last["Status"] if last else "STARTED"})
    elif last is None:
        context.out.print(f"started crawler {crawler}")
    else:
        context.out.print(f"[green]SUCCEEDED[/] crawler {crawler}", soft_wrap=True)
