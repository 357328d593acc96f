"""What a line is known by, and digests of sets of lines.

A valid reading is known by its ``event_id``, every other line by all of its bytes. Either is hashed to 64 bits with
xxHash64 and seed 42, as Spark's ``xxhash64`` does, so that a sensor, the job and the audit mean the same by a number.

The digest of a set is how many there are and the sum of their hashes modulo 2^64. Two sets of any size are equal when
their digests are: to be mistaken by chance, 1 in 2^64. It is no protection against somebody who makes up ids to fit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self

from xxhash import xxh64_intdigest

SEED: Final = 42
HASH_BYTES: Final = 8
"""Of a packed hash: unsigned, little-endian."""
_MODULUS: Final = 1 << 64


def id_hash(event_id: bytes) -> int:
    """The hash by which a valid reading is known; ``event_id`` in UTF-8."""
    return xxh64_intdigest(event_id, SEED)


def line_hash(line: bytes) -> int:
    """The hash by which any other line is known; ``line`` comes without its line end, which is LF or CR LF."""
    return xxh64_intdigest(line, SEED)


def packed(hashes: Iterable[int]) -> bytes:
    """``hashes`` as they lie in records and journals."""
    numbers = tuple(hashes)
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def unpacked(hashes: bytes) -> tuple[int, ...]:
    """The inverse of ``packed``."""
    return struct.unpack(f"<{len(hashes) // HASH_BYTES}Q", hashes)


class Digest(NamedTuple):
    """Of a set of lines: how many ``lines``, and the ``total`` of their hashes modulo 2^64."""

    lines: int = 0
    total: int = 0

    def plus(self, lines: int, total: int) -> Self:
        """With so many more ``lines``, whose hashes add up to ``total``."""
        return type(self)(self.lines + lines, (self.total + total) % _MODULUS)

    def to_json(self) -> dict[str, Any]:
        """``total`` in hexadecimal: 2^64 is more than JSON's numbers hold everywhere."""
        return {"lines": self.lines, "total": f"{self.total:016x}"}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises ValueError, TypeError or KeyError for what ``to_json`` does not write."""
        lines, total = value["lines"], int(value["total"], 16)
        if type(lines) is not int or lines < 0 or not 0 <= total < _MODULUS:
            raise ValueError(f"no digest: {value}")
        return cls(lines, total)


def digest_sum(digests: Iterable[Digest]) -> Digest:
    """The digest of the union of disjoint sets."""
    union = Digest()
    for digest in digests:
        union = union.plus(*digest)
    return union
