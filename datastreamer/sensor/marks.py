"""Names for what is special about a line; they travel with its record to the ledger."""

from __future__ import annotations

from typing import Final

DIRTY: Final = "dirty:"
"""Prefix; the reason code that the lake must give follows."""
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
