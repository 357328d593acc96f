"""Too little memory to start, in words: a limit on addresses (``ulimit -v``) shows as threads or files that fail."""

from __future__ import annotations

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager

from aws_stage.errors import ConfigurationError

_SIGNS = ("can't start new thread", "failed to map segment", "cannot allocate memory", "out of memory")


NEEDED_MIB = 1200
"""Addresses, most of them reserved by threads and never used: a start failed with 976 MiB, and worked with 1,220."""


@contextmanager
def enough_memory() -> Iterator[None]:
    """Raises ConfigurationError when a limit is too low to begin with, and when memory runs out inside."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limit = None if soft == resource.RLIM_INFINITY else soft // 1024**2
    if limit is not None and limit < NEEDED_MIB:
        raise ConfigurationError(
            f"this process may have {limit:,} MiB of addresses (ulimit -v), and the local stage needs {NEEDED_MIB:,}: "
            "its threads reserve more than they use. Raise the limit: ulimit -v unlimited"
        )
    try:
        yield
    except Exception as error:
        if not _means_too_little(error):
            raise
        raise ConfigurationError(
            f"the local stage ran out of memory or threads ({error}). End other programs or raise the limits of this "
            "process (ulimit -a), and start it again; what it has acknowledged is on disk."
        ) from error


def _means_too_little(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if any(sign in str(error).lower() for sign in _SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False
