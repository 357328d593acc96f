"""How an answer tells which model gave it: by its scores of a few fixed trips, asked about in the same call.

While an endpoint passes from one model to another, both answer under one variant's name (a blue/green deployment asks
for that), and SageMaker's answer names nothing else. So each call begins with the rows of ``PROBES``, and the scores of
these rows, the model's fingerprint, stand with the model's thresholds.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Final

PROBES: Final[tuple[tuple[float | None, ...], ...]] = (
    (1.6, 10.8, 9.0, 2.0, 161.0, 237.0, 1.0),
    (17.9, 42.0, 17.0, 5.0, 132.0, 230.0, 2.0),
    (0.5, 2.9, 23.0, 6.0, 236.0, 236.0, None),
    (3.3, 24.5, 13.0, 3.0, 79.0, 162.0, 1.0),
)
"""Rows of features, in the order of ``training.features.FEATURES``: a short, a long, a tiny and a slow trip."""

_TOLERANCE: Final = 1e-4
"""Models predict in single precision, of which an answer may show six digits."""


def same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two fingerprints are of one model."""
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for a, b in zip(one, other, strict=True)
    )


def unregistered(fingerprint: Sequence[float]) -> str:
    """What stands as the version of a model that nobody registered: equal for all answers of one model."""
    text = ",".join(f"{score:.3f}" for score in fingerprint)
    return f"unregistered-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
