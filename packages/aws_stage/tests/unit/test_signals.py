"""Signals reach whoever listens to their topic, and nobody else."""

from __future__ import annotations

from aws_stage.kernel.signals import Signals


def test_a_signal_reaches_every_listener_of_its_topic() -> None:
    signals, heard = Signals(), []
    signals.listen("a", lambda: heard.append("first"))
    signals.listen("a", lambda: heard.append("second"))
    signals.listen("b", lambda: heard.append("other"))
    signals.send("a")
    assert heard == ["first", "second"]


def test_a_listener_that_has_ended_hears_nothing() -> None:
    signals, heard = Signals(), []
    end = signals.listen("a", lambda: heard.append("first"))
    signals.listen("a", lambda: heard.append("second"))
    end()
    end()
    signals.send("a")
    assert heard == ["second"]


def test_a_signal_that_nobody_hears_is_lost() -> None:
    Signals().send("a")
