"""What every simulated fleet's options must keep to."""

from __future__ import annotations

from typing import Final

from datastreamer.errors import UsageError

MAX_INTERVAL: Final = 31_536_000


def check_fleet_options(
    devices: int, *, most_devices: int, seed: int, interval: float | None, fractions: dict[str, float]
) -> None:
    """Raises UsageError naming the option that cannot be; ``interval`` in seconds, ``fractions`` by option."""
    if not 1 <= devices <= most_devices:
        raise UsageError(f"--devices must be from 1 to {most_devices:,}, not {devices:,}")
    if seed < 0:
        raise UsageError(f"--seed must not be negative, not {seed}")
    if interval is not None and not 0.001 <= interval <= MAX_INTERVAL:
        raise UsageError(f"--interval must be from 0.001 to {MAX_INTERVAL:,} s, not {interval}")
    for name, fraction in fractions.items():
        if not 0.0 <= fraction <= 1.0:
            raise UsageError(f"--{name} is a fraction from 0 to 1, not {fraction}")
