"""Bodies to post at ``POST /votes``: votes, nearly votes, and anything else."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st

from datastreamer.votes.vote import AHEAD_MS, BODY_MAX_BYTES, FIELDS, OLDEST_MS
from tests.unit.votes.ballots import CANDIDATES, uuid7

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON, with NaN and lone surrogates as Python writes them."""


def a_vote(late_ms: int = 0, candidate: str = "kinoko") -> dict[str, Any]:
    """What a browser posts that clicked ``late_ms`` ago."""
    minted = time.time_ns() // 1_000_000 - late_ms
    vote_id = uuid7(minted, secrets.randbits(62))
    return {"vote_id": str(vote_id), "candidate": candidate, "client_id": str(uuid4())}


@st.composite
def _nearly_votes(draw: st.DrawFn) -> bytes:
    late = draw(st.sampled_from([0, OLDEST_MS - 60_000, OLDEST_MS + 60_000, 60_000 - AHEAD_MS, -AHEAD_MS - 60_000]))
    vote = a_vote(late, draw(st.sampled_from([*CANDIDATES, "suginoko"])))
    for field in draw(st.lists(st.sampled_from([*FIELDS, "weight", ""]), max_size=2)):
        change = draw(st.none() | json_values | st.just("") | st.just(str(UUID(int=0))))
        if change is None and field in vote:
            del vote[field]
        else:
            vote[field] = change
    return json.dumps(vote, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


bodies = (
    _nearly_votes()
    | st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode())
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.integers(BODY_MAX_BYTES - 2, BODY_MAX_BYTES + 2).map(lambda size: b" " * size)
    | st.sampled_from([b"", b"[" * 1000, b'{"vote_id":' * 90, b"\xef\xbb\xbf{}", b"\x1f\x8b\x08\x00", b"1" * 1000])
)
"""Whatever somebody may send."""
