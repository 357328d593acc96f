"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

MOST_DOUBLINGS = 30
"""Any cap is reached long before, and 2.0 to the power of 1024 is no float."""


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with full jitter: after failure ``n`` wait from 0 to ``base * 2**n`` s, at most ``cap`` s.

    Full jitter spreads retries best: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    base: float = 0.1
    cap: float = 5.0
    randomness: random.Random = field(default_factory=random.Random)

    def delay(self, attempt: int) -> float:
        """Seconds to wait after failure number ``attempt`` (from 0)."""
        return self.randomness.uniform(0.0, min(self.cap, self.base * 2.0 ** min(attempt, MOST_DOUBLINGS)))
