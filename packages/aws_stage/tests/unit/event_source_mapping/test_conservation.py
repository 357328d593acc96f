"""Whatever the function answers: each record is processed or given up, exactly once, in order."""

from __future__ import annotations

import random

import pytest
from aws_stage.engines.event_source_mapping.lane import Discard, Invoke, Lane
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import Failed, NotInvoked, Succeeded, Verdict
from unit.event_source_mapping.lanes import OVERHEAD, record

RECORDS = 60


def any_options(dice: random.Random) -> Options:
    return Options(
        batch_size=dice.choice((1, 2, 7, 100)),
        window=dice.choice((0, 0, 3)),
        report_item_failures=True,
        bisect=dice.random() < 0.5,
        retries=dice.choice((0, 1, 3)),
        max_age=dice.choice((None, 60)),
        tumbling=dice.choice((0, 0, 10)),
    )


def any_verdict(dice: random.Random, batch: Batch) -> Verdict:
    kind = dice.random()
    if kind < 0.4 or (kind < 0.7 and len(batch.records) < 2):
        return Succeeded({"n": 1}) if kind < 0.35 else NotInvoked("throttled")
    return Failed(dice.randrange(1, len(batch.records)), {"n": 1}) if kind < 0.7 else Failed()


@pytest.mark.parametrize("seed", range(150))
def test_each_record_is_processed_or_given_up_once_and_in_order(seed: int) -> None:
    dice = random.Random(seed)
    options = any_options(dice)
    window = TumblingWindow(options.tumbling) if options.tumbling else None
    lane = Lane(options, OVERHEAD, window)
    now, offered, settled, finals = 1000.0, 0, list[int](), 0
    for _ in range(10_000):
        if offered < RECORDS and dice.random() < 0.5:
            share = dice.randrange(1, 8)
            lane.offer([record(number, arrival=now) for number in range(offered, min(offered + share, RECORDS))], now)
            offered = min(offered + share, RECORDS)
        if offered == RECORDS:
            lane.end()
        step = lane.next(now)
        oldest = lane.oldest()
        assert (oldest.ordinal if oldest else offered) == len(settled)
        if isinstance(step, Invoke):
            verdict = any_verdict(dice, step.batch)
            assert len(step.batch.records) <= options.batch_size
            done = step.batch.records if isinstance(verdict, Succeeded) else []
            if isinstance(verdict, Failed):
                done = step.batch.records[: verdict.first]
            settled += [each.ordinal for each in done]
            finals += step.batch.window is not None and step.batch.window.final and isinstance(verdict, Succeeded)
            lane.conclude(step.batch, verdict, now)
        elif isinstance(step, Discard):
            settled += [each.ordinal for each in step.batch.records]
            finals += step.batch.window is not None and step.batch.window.final
            lane.discarded(step.batch)
        elif lane.idle and offered == RECORDS:
            break
        now += dice.random() * 3
    assert settled == list(range(RECORDS))
    assert lane.bytes == 0
    assert (finals > 0) == bool(options.tumbling)
