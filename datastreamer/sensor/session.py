"""A run from the command line: opens the stage, sends what a source has, and reports how it ended."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from datastreamer.errors import UsageError
from datastreamer.events.chain import Chain
from datastreamer.events.journal import Journal, journal_path
from datastreamer.events.reading import format_timestamp
from datastreamer.events.receipt import DEFAULT_DIRECTORY, Receipt
from datastreamer.sensor.display import LiveView, summary_table
from datastreamer.sensor.kinesis.connection import connect
from datastreamer.sensor.kinesis.writer import KinesisWriter, WriterSettings
from datastreamer.sensor.packing import Packer
from datastreamer.sensor.receipt_builder import ReceiptBuilder
from datastreamer.sensor.run import Run, Source
from datastreamer.stages import enter_stage


@dataclass(frozen=True)
class Session:
    """Where to send, how to pack, and how to report.

    None means the stage's own stream (``default_stream``) or region, a new receipt, or one line a record.
    """

    stage: str
    stream: str | None
    region: str | None
    pack: int | None
    linger: float
    receipt: Path | None
    as_json: bool
    quiet: bool
    default_stream: str = "datastreamer-{stage}-stream"

    def send(
        self,
        source: Source,
        name: str,
        options: Mapping[str, Any],
        *,
        total: int | None = None,
    ) -> Receipt:
        """Send everything that ``source`` has; ``name`` and ``options`` go on the receipt.

        ``total`` is the number of lines, where it is known. Raises the error that ended the run, after the summary is
        printed.
        """
        stage = enter_stage(self.stage, os.environ)
        stream = self.stream or self.default_stream.format(stage=stage)
        started, begun = datetime.now(UTC), time.monotonic()
        run_id = f"{started:%Y%m%dT%H%M%SZ}-{name}-{secrets.token_hex(3)}"
        path = self.receipt or DEFAULT_DIRECTORY / f"{run_id}.json"
        if path.exists():
            raise UsageError(f"{path} exists, and a receipt is evidence: move it away or name another with --receipt")
        journal = Journal(journal_path(path, run_id))
        settings = WriterSettings()
        connection = connect(stream, self.region, settings.in_flight)
        blank = Receipt(
            run_id=run_id,
            source=name,
            stage=stage,
            stream=stream,
            region=connection.region,
            started=format_timestamp(started),
            options={**options, **({"pack": self.pack, "linger": self.linger} if self.pack else {})},
            journal=journal.path.name,
        )

        def open_writer(builder: ReceiptBuilder) -> KinesisWriter:
            return KinesisWriter(connection.client, stream, builder.add, settings, endpoint=connection.endpoint)

        with LiveView(Console(stderr=True), quiet=self.quiet, total=total, progress=source.progress) as view:
            run = Run(
                blank=blank,
                path=path,
                journal=journal,
                chain=Chain(path.parent),
                packer=Packer(self.pack or 1, self.linger),
                open_writer=open_writer,
                view=view,
                source=source,
            )
            receipt, failure = run.execute()
        elapsed = time.monotonic() - begun
        if self.as_json:
            summary = {
                **receipt.document(),
                "unreadable": source.unreadable.first,
                "receipt": str(path),
                "seconds": round(elapsed, 3),
            }
            sys.stdout.buffer.write(orjson.dumps(summary, option=orjson.OPT_APPEND_NEWLINE))
        elif not self.quiet and (receipt.readings or failure is None):
            console = Console()
            console.print(summary_table(receipt, elapsed))
            source.unreadable.print(console)
            console.print(f"Receipt: {path}", soft_wrap=True, highlight=False)
        if failure is not None:
            raise failure
        return receipt
