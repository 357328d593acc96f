"""The engine: the operations of crawls, each crawl on a thread of its own."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.glue_crawler import events, history, seen
from aws_stage.engines.glue_crawler.catalog_session import CatalogSession
from aws_stage.engines.glue_crawler.crawl import Crawl, CrawlCancelledError
from aws_stage.engines.glue_crawler.crawl_log import CrawlLog
from aws_stage.engines.glue_crawler.definitions import Definitions
from aws_stage.engines.glue_crawler.history import History
from aws_stage.engines.glue_crawler.readers import WORKER, Readers
from aws_stage.engines.glue_crawler.seen import Seen
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page
from aws_stage.workers.pool import WorkerPool

logger = logging.getLogger("aws_stage.glue_crawler")

_PAGE = 1000
_STAGE_STOPPED = "The local stage stopped while this crawl was in progress."


@dataclass
class _Running:
    document: dict[str, Any]
    readers: Readers
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    error: str = ""

    def cancel(self) -> None:
        """Have the crawl end soon, whatever it reads."""
        self.cancelled.set()
        self.readers.stop()


class GlueCrawler:
    """Crawls S3 and writes the Data Catalog."""

    name = "glue_crawler"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._store = stage.store(self.name)
        self._history = History(self._store)
        self._pool = WorkerPool(WORKER, stage.settings)
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()
        self._definitions = Definitions(stage, self.name, self._is_running, self._deleted)
        self.operations: Mapping[tuple[str, str], Handler] = {
            **self._definitions.operations,
            ("glue", "StartCrawler"): self._start_crawler,
            ("glue", "StopCrawler"): self._stop_crawler,
            ("glue", "GetCrawler"): lambda call: {
                "Crawler": self._answer(self._definitions.get(call.payload.get("Name", "")))
            },
            ("glue", "GetCrawlers"): self._get_crawlers,
            ("glue", "BatchGetCrawlers"): self._batch_get_crawlers,
            ("glue", "ListCrawlers"): self._list_crawlers,
            ("glue", "GetCrawlerMetrics"): self._get_metrics,
            ("glue", "ListCrawls"): self._list_crawls,
        }

    def start(self) -> None:
        """Crawls that an earlier stage left unfinished are FAILED."""
        for crawler, crawl in self._history.unfinished():
            ended = {"State": "FAILED", "EndTime": self._now(), "ErrorMessage": _STAGE_STOPPED}
            self._history.put(crawler, crawl | ended)

    def stop(self) -> None:
        """Cancel every crawl and wait for it."""
        with self._lock:
            running = list(self._running.values())
        for one in running:
            one.error = _STAGE_STOPPED
            one.cancel()
        for one in running:
            if one.thread:
                one.thread.join(10)
        self._pool.close()

    def _start_crawler(self, call: Call) -> dict[str, Any]:
        crawler = self._definitions.get(call.payload.get("Name", ""))
        name = crawler["Name"]
        with self._lock:
            if name in self._running:
                if self._running[name].cancelled.is_set():
                    raise AwsError("CrawlerStoppingException", f"Crawler with name {name} is stopping")
                raise AwsError("CrawlerRunningException", f"Crawler with name {name} has already started")
            document = {
                "CrawlId": str(uuid.uuid4()),
                "State": "RUNNING",
                "StartTime": self._now(),
                "LogGroup": history.LOG_GROUP,
                "LogStream": name,
                "MessagePrefix": str(uuid.uuid4()),
                "DPUHour": 0.0,
            }
            running = self._running[name] = _Running(document, Readers(self._pool))
        self._history.put(name, document)
        running.thread = threading.Thread(target=self._run, args=(crawler, running), name=f"crawl-{name}", daemon=True)
        running.thread.start()
        return {}

    def _run(self, crawler: dict[str, Any], running: _Running) -> None:
        name, document = crawler["Name"], running.document
        log = CrawlLog(self._stage.client("logs"), name, document["MessagePrefix"], self._stage.clock)
        log(f"BENCHMARK : Running Start Crawl for Crawler {name}")
        self._stage.publish(events.SOURCE, events.DETAIL_TYPE, events.started(name, self._stage.clock.now()))
        crawl = Crawl(
            crawler,
            self._stage.client,
            lambda database, options: CatalogSession(
                self._stage.client("glue"), self._stage.clock, database, name, options, log
            ),
            seen=Seen(self._store, name),
            readers=running.readers,
            cancelled=running.cancelled,
        )
        state, error = "COMPLETED", ""
        try:
            crawl.run()
        except CrawlCancelledError:
            state, error = ("FAILED", running.error) if running.error else ("STOPPED", "")
        except (ClientError, ValueError) as failed:
            state, error = "FAILED", str(failed)
        except Exception as failed:
            logger.exception("the crawl of %s broke", name)
            state, error = "FAILED", f"the local stage could not crawl: {type(failed).__name__}: {failed}"
        if error:
            log(f"ERROR : {error}")
            document["ErrorMessage"] = error
        document |= {
            "State": state,
            "EndTime": self._now(),
            "Summary": history.summary(crawl.changes),
            "Counts": history.counts(crawl.changes),
        }
        log("BENCHMARK : Finished writing to Catalog")
        log("BENCHMARK : Crawler has finished running and is in state READY")
        self._history.put(name, document)
        self._history.trim(name)
        with self._lock:
            del self._running[name]
        if state != "STOPPED":
            detail = events.ended(name, self._stage.clock.now(), document, crawl.changes)
            self._stage.publish(events.SOURCE, events.DETAIL_TYPE, detail)

    def _stop_crawler(self, call: Call) -> dict[str, Any]:
        name = self._definitions.get(call.payload.get("Name", ""))["Name"]
        with self._lock:
            running = self._running.get(name)
            if running is None:
                raise AwsError("CrawlerNotRunningException", f"Crawler with name {name} is not running")
            if running.cancelled.is_set():
                raise AwsError("CrawlerStoppingException", f"Crawler with name {name} is stopping")
            running.cancel()
        return {}

    def _answer(self, crawler: dict[str, Any]) -> dict[str, Any]:
        """A definition as GetCrawler gives it, with the state of its crawl."""
        running = self._running.get(crawler["Name"])
        last = self._history.last(crawler["Name"])
        elapsed = (self._now() - running.document["StartTime"]) * 1000 if running else 0
        state = "READY" if running is None else "STOPPING" if running.cancelled.is_set() else "RUNNING"
        schedule = {"Schedule": crawler["Schedule"]} if crawler["Schedule"] else {}
        known = {key: value for key, value in crawler.items() if key != "Schedule"}
        return {
            **known,
            **schedule,
            "State": state,
            "CrawlElapsedTime": int(elapsed),
            **({"LastCrawl": last} if last else {}),
        }

    def _get_crawlers(self, call: Call) -> dict[str, Any]:
        crawlers, more = page(
            self._definitions.all(), call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE
        )
        return {"Crawlers": [self._answer(crawler) for crawler in crawlers], **more}

    def _batch_get_crawlers(self, call: Call) -> dict[str, Any]:
        known = {crawler["Name"]: crawler for crawler in self._definitions.all()}
        wanted = call.payload.get("CrawlerNames") or []
        return {
            "Crawlers": [self._answer(known[name]) for name in wanted if name in known],
            "CrawlersNotFound": [name for name in wanted if name not in known],
        }

    def _list_crawlers(self, call: Call) -> dict[str, Any]:
        wanted = call.payload.get("Tags") or {}
        names = [crawler["Name"] for crawler in self._definitions.all()]
        names = [name for name in names if self._definitions.tags.matches(name, wanted)]
        found, more = page(names, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"CrawlerNames": found, **more}

    def _get_metrics(self, call: Call) -> dict[str, Any]:
        wanted = call.payload.get("CrawlerNameList")
        names = [crawler["Name"] for crawler in self._definitions.all()]
        chosen = [name for name in names if not wanted or name in wanted]
        found, more = page(chosen, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"CrawlerMetricsList": [self._history.metrics(name, name in self._running) for name in found], **more}

    def _list_crawls(self, call: Call) -> dict[str, Any]:
        self._definitions.get(call.payload.get("CrawlerName", ""))
        return self._history.list(call)

    def _is_running(self, name: str) -> bool:
        return name in self._running

    def _deleted(self, name: str) -> None:
        self._history.forget(name)
        seen.forget(self._store, name)

    def _now(self) -> float:
        return self._stage.clock.now().timestamp()
