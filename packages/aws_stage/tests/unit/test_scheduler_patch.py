"""ministack's own firing of schedules stays off."""

from __future__ import annotations

import threading

import pytest
from aws_stage.patches import scheduler as patch


def test_ministack_starts_no_ticker_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack.services import scheduler

    for name in ("start_scheduler", "_create_schedule", "_update_schedule"):
        monkeypatch.setattr(scheduler, name, getattr(scheduler, name))
    patch.apply()
    scheduler.start_scheduler()
    assert "evb-scheduler-ticker" not in {thread.name for thread in threading.enumerate()}
