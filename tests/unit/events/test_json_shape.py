"""How deep and wide a text is must be seen as a JSON reader would see it, in whatever time the text deserves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.json_shape import TooMuch, too_much

NEVER = 10**9

texts = st.text(st.sampled_from('[]{}:"\\\\,aé\n'), max_size=6)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)


def names_of(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    parts = value.values() if isinstance(value, dict) else value
    return (len(value) if isinstance(value, dict) else 0) + sum(map(names_of, parts))


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_a_text_is_within_its_own_bounds_and_beyond_any_smaller_one(value: Any, escaped: bool, indent: int) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
    depth, names = depth_of(value), names_of(value)
    assert too_much(text, depth=depth, names=names) is None
    if depth:
        assert too_much(text, depth=depth - 1, names=NEVER) == TooMuch.DEPTH
    if names:
        assert too_much(text, depth=NEVER, names=names - 1) == TooMuch.NAMES


@given(st.binary(max_size=60) | texts.map(str.encode), st.integers(0, 3), st.integers(0, 3))
def test_any_bytes_have_an_answer(text: bytes, depth: int, names: int) -> None:
    too_much(text, depth=depth, names=names)


@pytest.mark.parametrize("part", [b'\\"', b'"', b"\\", b'"\\', b"[]", b'{"a":"', b'":"'])
def test_long_texts_of_any_pattern_are_seen_through(part: bytes) -> None:
    """Were one of them quadratic, this would take hours."""
    too_much(b'"' + part * 500_000, depth=0, names=0)
    too_much(b"[" + part * 500_000, depth=NEVER, names=NEVER - 1)
    too_much(b"[" * 3 + b":" + part * 500_000, depth=2, names=0)
