"""Names below ``localhost`` are this machine, whatever its resolver knows of them.

RFC 6761, section 6.3, has them resolve to loopback always, and lets applications do it themselves. Browsers and curl
do; glibc does with nss-myhostname or systemd-resolved alone, and macOS knows no more than ``localhost``. API Gateway
and CloudFront give every API and site a name of its own, which is such a name where AWS's API is served on this
machine.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = "127.0.0.1"


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """The URL to ask in place of ``url``, and the headers that keep its own name.

    That is ``url`` itself, and no header, but for ``http`` to a name below ``localhost``. Of ``https`` the name is left
    to the resolver: a certificate is of the name.
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").removesuffix(".")
    if parts.scheme != "http" or not name.endswith(".localhost"):
        return url, {}
    address = LOOPBACK if parts.port is None else f"{LOOPBACK}:{parts.port}"
    return parts._replace(netloc=address).geturl(), {"Host": parts.netloc}
