"""Starting and following the pipeline's crawler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.waiting import Patience, Report, wait_for
from datastreamer.errors import ConfigurationError, JobFailedError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

PATIENT: Final = Patience(timeout=3600.0)


def crawl(
    glue: GlueClient,
    crawler: str,
    *,
    wait: bool = True,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> Any:
    """Start ``crawler`` (or join the crawl that is on) and return its LastCrawl, or None when not waiting.

    Raises JobFailedError when the crawl did not succeed.
    """
    try:
        glue.start_crawler(Name=crawler)
    except glue.exceptions.EntityNotFoundException as error:
        raise ConfigurationError(f"there is no crawler {crawler}. Is the stage applied? Try: make apply") from error
    except glue.exceptions.CrawlerRunningException:
        report("RUNNING (joined)")
    if not wait:
        return None
    found: Any = {}

    def look() -> tuple[str, bool]:
        nonlocal found
        found = glue.get_crawler(Name=crawler)["Crawler"]
        state = found["State"]
        if state != "READY":  # The command that waits shows how the crawl ended.
            report(state)
        return state, state == "READY"

    wait_for(f"crawler {crawler}", look, patience=patience)
    last: Any = found.get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise JobFailedError(f"crawl ended {last.get('Status')}: {last.get('ErrorMessage', 'no message')}")
    return last
