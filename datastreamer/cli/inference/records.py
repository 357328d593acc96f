"""``put-record`` and ``put-records``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.aws.putting import Batch, batches, put_all
from datastreamer.cli.inference import completion
from datastreamer.cli.inference.calls import show_dry_run
from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.errors import InvalidRecordError, RetryableError, UsageError
from datastreamer.inference.lines import LineReader, Unreadable
from datastreamer.inference.missing import STREAM, looking_for
from datastreamer.inference.outgoing import Outgoing, outgoing, put_record
from datastreamer.inference.resources.streams import describe_stream
from datastreamer.wording import counted

PANEL = "Kinesis"
INTERRUPTED = 130

RawOption = Annotated[bool, typer.Option("--raw", help="Send it as it is, whether it is a record or not.")]


@command(
    "put-record",
    panel=PANEL,
    changes=True,
    examples=(
        """put-record my-realtime-ml-stream '{"id": "sensor-001", "data": [25.5, 60.0, 1013.25]}'""",
        "put-record my-realtime-ml-stream @record.json",
        "generate | datastreamer inference put-record my-realtime-ml-stream -",
    ),
)
def put_one(
    session: Session,
    stream: Annotated[str, typer.Argument(autocompletion=completion.streams, help="Name of the stream.")],
    data: Annotated[str, typer.Argument(help="The record as JSON; @FILE reads a file, - standard input.")],
    raw: RawOption = False,
    key: Annotated[
        str | None, typer.Option("--partition-key", metavar="KEY", help="Partition key; by default the record's id.")
    ] = None,
) -> None:
    """Put one record on a stream, and tell its shard and sequence number."""
    try:
        record = outgoing(_read(data), raw=raw, key=key)
    except InvalidRecordError as error:
        raise UsageError(
            f'that is no record ({error}). One looks like {{"id": "sensor-001", "data": [25.5, 60.0]}}; '
            "to send it all the same: --raw"
        ) from error
    shard, sequence = put_record(session.client("kinesis"), stream, record)
    session.answer(
        {"stream": stream, "partition_key": record.key, "shard_id": shard, "sequence_number": sequence},
        f"[green]stored[/] {escape(record.key)} in {shard}, sequence number {sequence}",
    )


def _read(data: str) -> bytes:
    if data == "-":
        return sys.stdin.buffer.read().strip()
    if data.startswith("@"):
        return Path(data[1:]).read_bytes().strip()
    return data.encode("utf-8", "surrogateescape").strip()


@dataclass
class _Sent:
    """What became of a file's lines so far. ``line`` is the last that is stored with all before it."""

    stored: int = 0
    retried: int = 0
    line: int = 0
    shards: set[str] = field(default_factory=set)
    unreadable: list[Unreadable] = field(default_factory=list)
    stopped: bool = False
    failed: bool = False
    uncertain: bool = False
    """Whether the last request was cut off: nobody knows what became of it."""

    def add(self, batch: Batch[Outgoing], last_line: int) -> None:
        self.stored += batch.stored
        self.retried += batch.retried
        self.shards |= batch.shards
        if not batch.waiting:
            self.line = last_line


@command(
    "put-records",
    panel=PANEL,
    changes=True,
    examples=(
        "put-records my-realtime-ml-stream records.jsonl",
        "put-records my-realtime-ml-stream records.jsonl.gz",
        "generate | datastreamer inference put-records my-realtime-ml-stream -",
    ),
)
def put_many(
    session: Session,
    stream: Annotated[str, typer.Argument(autocompletion=completion.streams, help="Name of the stream.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON Lines, plain or gzip; - is standard input.")],
    raw: RawOption = False,
) -> None:
    """Put every line of a file on a stream.

    A line that is no record is told by its number and not sent; the others are. What Kinesis refuses for now is sent
    again. Ctrl+C ends after the request that is on its way. Exits 1 when a line could not be sent.
    """
    kinesis = session.client("kinesis")
    describe_stream(kinesis, stream)
    if session.dry_run:
        session.dry_run.answers["PutRecords"] = as_if_all_were_stored
    sent = _Sent()
    with _opened(file) as source, _progress(session, source, file) as shown, _stop_on_interrupt(sent):
        reader = LineReader(source, sent.unreadable.append, raw=raw)
        try:
            for records in batches(reader):
                batch = Batch(records)
                try:
                    with looking_for(STREAM, stream, kinesis):
                        put_all(kinesis, stream, batch, Backoff(), Clock())
                finally:
                    sent.add(batch, records[-1].line)
                shown(sent)
                if sent.stopped:
                    break
        except KeyboardInterrupt:
            sent.stopped = sent.uncertain = True
        except RetryableError as error:
            sent.failed = True
            _show(session, stream, sent, reader.line)
            raise RetryableError(f"{error}. Stored up to line {sent.line:,}") from error
    _show(session, stream, sent, reader.line)
    if sent.stopped:
        show_dry_run(session)
        raise typer.Exit(INTERRUPTED)
    if sent.unreadable:
        show_dry_run(session)
        raise typer.Exit(1)


def as_if_all_were_stored(parameters: dict[str, Any]) -> dict[str, Any]:
    """What a dry run takes for the answer of PutRecords."""
    return {"Records": [{"ShardId": "", "SequenceNumber": ""} for _ in parameters["Records"]]}


def _show(session: Session, stream: str, sent: _Sent, lines: int) -> None:
    state = "failed" if sent.failed else "interrupted" if sent.stopped else "done"
    document = {
        "stream": stream,
        "state": state,
        "lines": lines,
        "stored": sent.stored,
        "retried": sent.retried,
        "stored_up_to_line": sent.line,
        "shards": sorted(sent.shards),
        "uncertain": sent.uncertain,
        "unreadable": [{"line": each.line, "reason": each.reason, "detail": each.detail} for each in sent.unreadable],
    }
    for each in sent.unreadable:
        detail = f": {each.detail}" if each.detail else ""
        session.remark(f"[red]line {each.line:,}[/] not sent: {each.reason}{escape(detail)}")
    colour = "red" if sent.failed else "yellow" if sent.stopped or sent.unreadable else "green"
    session.answer(
        document,
        f"[{colour}]{state}[/] {counted(sent.stored, 'record')} stored in {counted(len(sent.shards), 'shard')}, "
        f"{sent.retried:,} sent again, "
        f"{counted(len(sent.unreadable), 'line')} not sent"
        f"{f'; stored up to line {sent.line:,}' if sent.stopped else ''}"
        f"{', the request under way perhaps' if sent.uncertain else ''}",
    )


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
    else:
        with Path(file).open("rb") as source:
            yield source


@contextmanager
def _progress(session: Session, source: BinaryIO, file: str) -> Iterator[Callable[[_Sent], None]]:
    """A bar by the bytes read of ``source``, where their number is known, and the records stored."""
    if session.quiet or not session.err.is_terminal:
        yield lambda _: None
        return
    size = os.fstat(source.fileno()).st_size if file != "-" else None
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=session.err, transient=True) as bars:
        task = bars.add_task("sending", total=size)

        def shown(sent: _Sent) -> None:
            done = source.tell() if size is not None else None
            bars.update(task, completed=done, description=f"{sent.stored:,} records stored")

        yield shown


@contextmanager
def _stop_on_interrupt(sent: _Sent) -> Iterator[None]:
    """Let the first Ctrl+C end the work after the request under way; the second one ends it at once."""

    def stop(*_: object) -> None:
        sent.stopped = True
        signal.signal(signal.SIGINT, before)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
