"""A shard's limits count real time, not what a clock shows."""

from __future__ import annotations

from aws_stage.engines.kinesis.limits import RECORDS_PER_SECOND, ShardLimit


def test_a_shard_takes_its_records_again_a_second_later() -> None:
    limit = ShardLimit(100.0)
    assert [limit.admit(1, 100.0) for _ in range(RECORDS_PER_SECOND + 1)].count(True) == RECORDS_PER_SECOND
    assert not limit.admit(1, 100.0005)
    assert [limit.admit(1, 101.1) for _ in range(RECORDS_PER_SECOND + 1)].count(True) == RECORDS_PER_SECOND
