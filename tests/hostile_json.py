"""JSON that breaks readers: deep, wide, huge, ambiguous, no text, or hardly JSON at all."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st

_DEPTHS: Final = st.integers(0, 200) | st.sampled_from([900, 1_000, 1_100, 30_000, 100_000])
_ATOMS: Final = st.sampled_from(
    [
        *(b"null", b"true", b"0", b"-0.0", b"1e400", b"-1e-400", b"NaN", b"-Infinity", b'""', b"[]", b"{}"),
        *(b"9" * 400, b"9" * 5_000, b"0." + b"0" * 5_000 + b"1", b"1e99999999999999999999", b"1E-99999999999999999999"),
        *(rb'"\ud800"', rb'"\udc00\ud800"', rb'"\u0000"', b'"\xed\xa0\x80"', b'"' + b"a" * 30_000 + b'!"', b'"\\'),
        *(b'{"a":1,"a":2}', b"\xff\xfe[\0]\0", b"\xef\xbb\xbf{}", b"[1,]", b"1 2"),
    ]
)
_NESTED: Final = st.builds(
    lambda marks, depth, inner, closed: marks[0] * depth + inner + marks[1] * (depth if closed else depth // 2),
    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"":', b"}]"), (b"[[],", b"]"), (b'{"a":[0,', b"]}")]),
    _DEPTHS,
    _ATOMS,
    st.booleans(),
)
_WIDE: Final = st.builds(
    lambda count, value, distinct: (
        b"{" + b",".join(b'"f%d":%s' % (number % distinct, value) for number in range(count)) + b"}"
    ),
    st.sampled_from([1, 100, 5_000]),
    st.sampled_from([b"1", b"null", b'":"', b"[]", b'{"a":1,"a":2}', b"9" * 400]),
    st.sampled_from([1, 1_000_000]),
)
_PLAIN: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())

values: Final = _ATOMS | _NESTED | _WIDE | _PLAIN | st.binary(max_size=40)
"""The bytes of one value."""


def objects(valid: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """``valid`` with a hostile value in one of its fields or in another one, or spoiled somewhere; or no object."""
    whole = json.dumps(valid, separators=(",", ":")).encode()

    def with_value(name: str, value: bytes, again: bool) -> bytes:
        rest = valid if again else {field: content for field, content in valid.items() if field != name}
        text = json.dumps(rest, separators=(",", ":")).encode()
        return text[:-1] + (b"," if rest else b"") + json.dumps(name).encode() + b":" + value + b"}"

    def cut(place: int, inserted: bytes, skip: int) -> bytes:
        return whole[:place] + inserted + whole[place + skip :]

    places = st.integers(0, len(whole))
    return (
        st.builds(with_value, st.sampled_from([*valid, "other", ""]), values, st.booleans())
        | st.builds(cut, places, st.binary(max_size=4) | _ATOMS, st.integers(0, 3))
        | values
    )
