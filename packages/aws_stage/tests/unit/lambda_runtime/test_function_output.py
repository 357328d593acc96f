"""What a function prints and logs comes as lines, however it is cut on its way."""

from __future__ import annotations

import os
import selectors
from collections.abc import Iterator

import pytest
from aws_stage.engines.lambda_runtime.output import LONGEST_BYTES, PIPE_BYTES, Output


class Pipe:
    """An output with the end that a process writes to."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self._selector = selectors.DefaultSelector()
        self.output = Output(self._selector, read)

    def say(self, content: bytes) -> None:
        os.write(self._write, content)
        for key, _ in self._selector.select(0):
            key.data()

    def close(self) -> None:
        os.close(self._write)
        self._selector.close()
        self.output.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def frame(text: bytes) -> bytes:
    return b"\xa5\x5a\x00\x0f" + len(text).to_bytes(4) + (1_700_000_000_000_000).to_bytes(8) + text


def texts(lines: list[tuple[int, str]]) -> list[str]:
    return [text for _, text in lines]


SAID = b"one\n\n" + frame(b"logged\nin two lines\n") + b"without an end" + frame(b"at once") + b"two\nlast"
LINES = ["one", "", "logged\nin two lines", "without an end", "at once", "two", "last"]


@pytest.mark.parametrize("cut", range(len(SAID)))
def test_lines_and_frames_are_the_same_wherever_they_are_cut(pipe: Pipe, cut: int) -> None:
    pipe.say(SAID[:cut])
    pipe.say(SAID[cut:])
    assert texts(pipe.output.rest()) == LINES


def test_what_has_no_end_waits_while_the_function_runs(pipe: Pipe) -> None:
    pipe.say(b"whole\nhalf")
    assert texts(pipe.output.take()) == ["whole"]
    pipe.say(b" and half\n")
    assert texts(pipe.output.rest()) == ["half and half"]


def test_a_frame_that_never_ends_is_a_line_in_the_end(pipe: Pipe) -> None:
    pipe.say(frame(b"cut off by a kill")[:-6])
    assert texts(pipe.output.take()) == []
    [text] = texts(pipe.output.rest())
    assert text.endswith("cut off by ")


def test_bytes_that_are_no_text_are_kept_readable(pipe: Pipe) -> None:
    pipe.say(b"\xff\xfe\n")
    assert texts(pipe.output.rest()) == ["��"]


def test_a_line_longer_than_an_event_is_cut(pipe: Pipe) -> None:
    for _ in range(6):
        pipe.say(b"x" * 60_000)
    pipe.say(b"\nnext\n")
    assert [len(text) for text in texts(pipe.output.rest())] == [LONGEST_BYTES, 360_000 - LONGEST_BYTES, 4]


def test_reading_ends_though_printing_does_not(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def endless(_descriptor: int, size: int) -> bytes:
        sizes.append(min(size, 1000))
        assert sum(sizes) <= PIPE_BYTES
        return b"x" * sizes[-1]

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", endless)
        pipe.output.read()
    assert sum(sizes) == PIPE_BYTES
