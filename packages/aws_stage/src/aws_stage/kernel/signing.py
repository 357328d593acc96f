"""Signs calls that the stage makes to itself without boto3, by botocore's own signer."""

from __future__ import annotations

from collections.abc import Mapping

from aws_stage.kernel.settings import ACCOUNT_ID, OWN_SECRET


class Signer:
    """Signs for one service as the stage itself (Signature Version 4); safe between threads."""

    def __init__(self, service: str, region: str) -> None:
        from botocore.auth import SigV4Auth
        from botocore.credentials import Credentials

        self._auth = SigV4Auth(Credentials(ACCOUNT_ID, OWN_SECRET), service, region)

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """``headers`` with what the signature adds to them."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, headers=dict(headers), data=body)
        self._auth.add_auth(request)
        return dict(request.headers.items())
