"""Requests that a page in a browser sends.

On AWS a page can call the API of a service because it holds credentials; here anybody's page could hold the local ones,
which are no secret. So no page calls an AWS API, but for what a bucket's CORS configuration allows, and what a page may
always do with what is public or presigned: link to it and show it.
"""

from __future__ import annotations

from aws_stage.gateway.guard.cors import allows
from aws_stage.gateway.guard.request import Request


def refusal(request: Request) -> str | None:
    """Why a call to an AWS API is refused, when a page sent it that may not; None when it may pass."""
    origin = request.headers.get("origin")
    if origin is not None:
        if request.object is not None and allows(request, origin):
            return None
        return (
            f"A page of {origin} may not call the local stage. Only a bucket whose CORS configuration allows that "
            "origin and this method takes requests of pages; APIs, function URLs and websites have rules of their own."
        )
    if _needs_no_script(request):
        return (
            "A call that is signed in its query goes to S3 alone: an image in any page could send it. Sign the header."
        )
    # Sent by every browser of today to loopback, and out of reach of scripts: https://www.w3.org/TR/fetch-metadata/
    if request.headers.get("sec-fetch-site", "none") == "none":
        return None
    if request.object is not None and request.method in ("GET", "HEAD"):
        return None
    return "A page in a browser may not call the local stage, other than to read an object that is public or presigned."


def domain_refusal(request: Request) -> str | None:
    """The same of a request to a domain, which may also come from the domain's own page.

    No other page has its origin: what else a domain answers is data, which no browser takes for a page.
    """
    own = f"http://{request.host.lower()}"
    sent_by = request.headers.get("sec-fetch-site", "none")
    if sent_by == "same-origin" and request.headers.get("origin", own) == own:
        return None
    return refusal(request)


def _needs_no_script(request: Request) -> bool:
    """Whether an address alone makes the call, which a browser may follow without a word of whence: STS, SNS, …"""
    return request.method in ("GET", "HEAD") and "X-Amz-Algorithm" in request.query and request.service != "s3"
