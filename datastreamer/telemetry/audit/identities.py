"""What the lines of the lake are known by: from a table's file, and from a raw line."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from datastreamer.errors import InvalidRecordError
from datastreamer.events.digest import Digest, id_hash, line_hash
from datastreamer.events.reading import parse_reading

Hashes = NDArray[np.uint64]
NO_HASHES: Final[Hashes] = np.empty(0, np.uint64)
_END_OF_TIME: Final = datetime(9998, 1, 1, tzinfo=UTC)
"""Arrived then, no reading is from the future."""


@dataclass(frozen=True)
class Identities:
    """Of some lines: ``ids`` of readings, hashed, and hashes of whole ``lines``, each once for each time it is there.

    ``devices``: the digests of the curated readings, ``reasons``: those of the quarantined lines.
    """

    ids: Hashes = field(default_factory=lambda: NO_HASHES)
    lines: Hashes = field(default_factory=lambda: NO_HASHES)
    devices: Mapping[str, Digest] = field(default_factory=dict)
    reasons: Mapping[str, Digest] = field(default_factory=dict)


def together(parts: Iterable[Identities]) -> Identities:
    """Of the lines of all parts."""
    found = list(parts)
    return Identities(
        ids=np.concatenate([NO_HASHES, *(part.ids for part in found)]),
        lines=np.concatenate([NO_HASHES, *(part.lines for part in found)]),
        devices=_sums(part.devices for part in found),
        reasons=_sums(part.reasons for part in found),
    )


def of_curated(body: bytes) -> Identities:
    """Of the readings in a file of the curated table. Raises pyarrow.ArrowException for what is no such file."""
    table = pq.read_table(io.BytesIO(body), columns=["event_id", "device_id"])
    hashes = _array(id_hash(text or b"") for text in table["event_id"].cast(pa.binary()).to_pylist())
    return Identities(ids=hashes, devices=_by(table["device_id"], hashes))


def of_quarantined(body: bytes) -> Identities:
    """Of the lines in a file of the quarantine. A line that holds a valid reading (of which the id was used, say)
    counts as that reading too. Raises pyarrow.ArrowException for what is no such file."""
    table = pq.read_table(io.BytesIO(body), columns=["reason", "line", "line_base64"])
    texts = zip(table["line"].cast(pa.binary()).to_pylist(), table["line_base64"].to_pylist(), strict=True)
    lines = [base64.b64decode(encoded or "") if text is None else text for text, encoded in texts]
    hashes = _array(map(line_hash, lines))
    ids = _array(id_hash(event_id.encode()) for line in lines if (event_id := _valid_id(line)))
    return Identities(ids=ids, lines=hashes, reasons=_by(table["reason"], hashes))


def of_raw(lines: Iterable[bytes]) -> Identities:
    """Of raw lines that nobody has validated: each counts as the reading whose id it has, and as a line; empty ones are
    none."""
    ids: list[int] = []
    hashes: list[int] = []
    for line in filter(None, lines):
        hashes.append(line_hash(line))
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        event_id = value.get("event_id") if isinstance(value, dict) else None
        if isinstance(event_id, str):
            ids.append(id_hash(event_id.encode()))
    return Identities(ids=_array(ids), lines=_array(hashes))


def _valid_id(line: bytes) -> str | None:
    if not line.startswith(b"{"):
        return None
    try:
        return parse_reading(line, _END_OF_TIME).event_id
    except InvalidRecordError:
        return None


def _array(hashes: Iterable[int]) -> Hashes:
    return np.fromiter(hashes, np.uint64)


def _by(column: Any, hashes: Hashes) -> dict[str, Digest]:
    """The digest of the hashes that go with each value of ``column``."""
    encoded = column.combine_chunks().dictionary_encode("encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    if not len(codes):
        return {}
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    lines = np.diff(starts, append=len(codes))
    # An unsigned sum wraps, which is the sum modulo 2^64.
    totals = np.add.reduceat(hashes[order], starts)
    names = encoded.dictionary.to_pylist()
    return {
        str(names[code]): Digest(count, total)
        for code, count, total in zip(codes[order][starts].tolist(), lines.tolist(), totals.tolist(), strict=True)
    }


def _sums(parts: Iterable[Mapping[str, Digest]]) -> dict[str, Digest]:
    sums: dict[str, Digest] = {}
    for part in parts:
        for name, digest in part.items():
            sums[name] = sums.get(name, Digest()).plus(*digest)
    return sums
