"""The Host names that the stage answers to: those that mean loopback, whatever a name server says.

A page of ``evil.example`` may make its own name point at 127.0.0.1 once it is loaded (DNS rebinding); then the browser
takes the stage for the page's own server. The Host header still names ``evil.example``. Names that no name server can
point elsewhere are safe: addresses of loopback, ``localhost`` and everything below it (RFC 6761, section 6.3), which
buckets (``bucket.localhost``), APIs (``id.execute-api.localhost``) and function URLs have as their own.

The port is not looked at: it tells nothing of the page, and a forwarded port or a proxy has another.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

LOOPBACK = "localhost"


@lru_cache(maxsize=1024)
def is_own(host: str) -> bool:
    """Whether a Host header, with or without a port, names this stage."""
    name = host_name(host)
    if name == LOOPBACK or name.endswith(f".{LOOPBACK}"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name of a Host header in lower case, without port, brackets and the root's dot."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")
