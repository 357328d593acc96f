"""In which encoding a recording is written: given, or found by the byte order mark at its beginning."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

from datastreamer.errors import UsageError

MARK_BYTES: Final = 4
"""As long as the longest byte order mark."""
_MARKS: Final = (
    # UTF-32's first: it begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
_DEFAULT: Final = "utf-8"


class Encoding(NamedTuple):
    """``name`` is that of a codec of Python; ``marked`` if the file's byte order mark says so."""

    name: str
    marked: bool

    @property
    def splits_by_bytes(self) -> bool:
        """Whether a bad byte spoils its own line and no other: line ends are the bytes that ASCII has for them."""
        return "\r\n".encode(self.name) == b"\r\n"


def encoding_of(head: bytes, given: str | None) -> Encoding:
    """The encoding of a file that begins with ``head``: its mark's, ``given``, or UTF-8.

    Raises UsageError for a name that is not one of a text encoding, and for one that the mark contradicts.
    """
    found = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if given is None:
        return Encoding(found or _DEFAULT, found is not None)
    try:
        "\r\n".encode(given)
        name = codecs.lookup(given).name.removesuffix("-sig")
    except (LookupError, ValueError) as error:
        raise UsageError(f"--encoding {given!r}: there is no such text encoding") from error
    if found is not None and not name.startswith(found):
        raise UsageError(f"--encoding {given}: the file begins with the byte order mark of {found}; leave it out")
    return Encoding(found or name, found is not None)
