"""What the user sees of a run."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from datastreamer.events.receipt import ABORTED, FINISHED, Receipt
from datastreamer.sensor.display import LiveView, cheapest_pack, summary_table
from datastreamer.sensor.run import Progress

RECEIPT = Receipt(
    run_id="run-1",
    source="temperature",
    stage="local",
    stream="the-stream",
    region="ap-northeast-1",
    started="2025-10-15T00:00:00.000Z",
    state=FINISHED,
    options={"pack": 50},
    readings=10_000,
    records=200,
    bytes=1_950_000,
    dirty={"invalid_json": 7, "empty_line": 2},
    duplicates=5,
    late=11,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(updates: list[tuple[float, Progress]], *, terminal: bool, quiet: bool = False) -> str:
    out, clock = StringIO(), Clock()
    console = Console(file=out, force_terminal=terminal, width=200)
    with LiveView(console, quiet=quiet, total=10_000, progress=lambda: 0.4, clock=clock) as view:
        for now, progress in updates:
            clock.now = now
            view.update(progress)
    return out.getvalue()


HALFWAY = Progress(sent=4_000, bytes=800_000, waiting=123, retried=6, failed=7, stopping=False)


def test_the_live_line_says_what_was_acknowledged_and_how_fast() -> None:
    text = shown([(2.0, HALFWAY)], terminal=True)
    assert "sent and acknowledged 4,000 of 10,000" in text
    assert "waiting 123" in text
    assert "retried 6" in text
    assert "failed 7" in text
    assert "2,000 readings/s" in text
    assert "0.40 MB/s" in text
    assert "\x1b[" in text


def test_without_a_terminal_a_plain_line_comes_every_five_seconds() -> None:
    updates = [(second / 2, HALFWAY._replace(sent=1_000 * second)) for second in range(1, 25)]
    lines = shown(updates, terminal=False).splitlines()
    assert [line.split(" of ")[0] for line in lines] == ["sent and acknowledged 10,000", "sent and acknowledged 20,000"]
    assert "2,000 readings/s" in lines[1], "the rate is that of the last seconds"
    assert not any("\x1b" in line for line in lines)


def test_a_run_that_is_stopping_says_how_to_stop_at_once() -> None:
    assert "Ctrl+C again" in shown([(6.0, HALFWAY._replace(stopping=True))], terminal=False)


def test_quiet_shows_nothing() -> None:
    assert shown([(6.0, HALFWAY)], terminal=True, quiet=True) == ""
    assert shown([(6.0, HALFWAY)], terminal=False, quiet=True) == ""


def summary(receipt: Receipt) -> str:
    out = StringIO()
    Console(file=out, width=120).print(summary_table(receipt, 2.0))
    return out.getvalue()


def test_the_summary_counts_what_was_acknowledged() -> None:
    text = summary(RECEIPT)
    assert "temperature -> the-stream: finished" in text
    assert "10,000 readings in 200 records" in text
    assert "9 / 5 / 11" in text
    assert "5,000 readings/s" in text
    assert "128" in text
    assert "NOT SENT" not in text


def test_the_summary_names_what_was_not_sent() -> None:
    text = summary(replace(RECEIPT, state=ABORTED, unsent=1_234, uncertain=56, unreadable_rows=78))
    assert "NOT SENT" in text
    assert "1,234 readings" in text
    assert "56 readings, each possibly stored twice" in text
    assert "78" in text


def test_the_cheapest_packing_fills_one_billing_unit() -> None:
    assert cheapest_pack(195.0) == 128
    assert cheapest_pack(40_000.0) == 1


def test_no_packing_is_advised_to_who_sends_each_record_alone() -> None:
    assert "--pack" in summary(RECEIPT)
    assert "--pack" not in summary(replace(RECEIPT, options={}))
