"""Names below ``localhost`` in tests, where the resolver of the machine does not know them.

Browsers and curl take them for loopback by themselves (RFC 6761, section 6.3); Python asks the resolver.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def resolved() -> Iterator[None]:
    """Have this process's connections to ``<any>.localhost`` go to 127.0.0.1, as long as the context."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        below = isinstance(host, str) and host.lower().removesuffix(".").endswith(".localhost")
        return original("127.0.0.1" if below else host, *args, **options)

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = original
