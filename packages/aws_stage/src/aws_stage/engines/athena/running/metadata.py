"""The ``.metadata`` object beside a result.

Athena's own is binary and not documented; ours is the ResultSetMetadata as JSON.
"""

from __future__ import annotations

import json
from typing import Any


def encode_metadata(columns: list[dict[str, Any]]) -> bytes:
    """The content of the object for these ColumnInfo documents."""
    return json.dumps({"ColumnInfo": columns}).encode()
