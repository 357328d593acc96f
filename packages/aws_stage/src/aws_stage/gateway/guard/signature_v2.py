"""S3's signature version 2, in which boto3 still presigns URLs and forms unless it is told otherwise.

docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aws_stage.gateway.guard.credentials import Failure
from aws_stage.gateway.guard.request import Request


@dataclass(frozen=True)
class V2:
    """A signature as it came, and what it was made from; ``expires`` in seconds since the epoch."""

    request: Request
    key_id: str
    token: str
    signature: str
    date: str
    expires: int | None

    def computed(self, secret: str) -> str:
        """The signature that ``secret`` gives."""
        from botocore.auth import HmacV1Auth
        from botocore.awsrequest import HTTPHeaders
        from botocore.credentials import Credentials

        date = self.date

        class Signer(HmacV1Auth):
            def _get_date(self) -> str:
                return date  # what the client signed, not the time of this check

        headers: Any = HTTPHeaders()
        for name, value in self.request.headers.items():
            headers[name] = value
        for name, values in self.request.query.items():
            # Whoever presigned it may have sent these as headers; the URL carries them since.
            if name not in headers and (name.startswith("x-amz-") or name in ("content-type", "content-md5")):
                headers[name] = values[0]
        signer = Signer(Credentials(self.key_id, secret))
        split = urlsplit(f"http://host{self._path()}?{self.request.query_string}")
        return str(signer.get_signature(self.request.method, split, headers))

    def _path(self) -> str:
        from ministack import app

        bucket = app._extract_s3_vhost_bucket(self.request.host)
        return f"/{bucket}{self.request.raw_path}" if bucket else self.request.raw_path


def signature_v2(request: Request) -> V2 | Failure:
    """The signature in a request's query or header. Only a call to S3 may have one."""
    if request.service != "s3" or "x-amz-target" in request.headers:
        return Failure("UnsupportedSignature", "Only S3 takes signatures of version 2.")
    authorization = request.headers.get("authorization", "")
    if authorization:
        key_id, _, signature = authorization.removeprefix("AWS ").partition(":")
        # The time of a header signature would have to be judged as well; no client of today sends one.
        return Failure("UnsupportedSignature", f"{key_id} signed with version 2. Please use AWS4-HMAC-SHA256.")
    key_id, signature, expires = (
        request.query_value(name) or "" for name in ("AWSAccessKeyId", "Signature", "Expires")
    )
    if not (key_id and signature and expires.isdecimal()):
        message = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        return Failure("AccessDenied", message, 403)
    return V2(request, key_id, request.query_value("x-amz-security-token") or "", signature, expires, int(expires))
