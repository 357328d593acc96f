"""Whose signatures the stage can check: local key pairs, access keys of IAM users, and temporary ones of STS."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from aws_stage.kernel.settings import ACCOUNT_ID


@dataclass(frozen=True)
class Failure:
    """Why a request is refused: an error code of AWS's; ``status`` where the code alone does not say it."""

    code: str
    message: str
    status: int | None = None


class Credentials:
    """Secrets by access key id: ``pairs``, and what IAM and STS have given out."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = dict(pairs)

    def secret_of(self, key_id: str, token: str) -> str | Failure:
        """The secret of an access key; ``token`` is the session token that came with it, empty for none."""
        from ministack.core import iam_evaluator

        secret = self._pairs.get(key_id)
        if secret is not None:
            return secret
        if not key_id or iam_evaluator.is_root_access_key(key_id):  # ministack would take it with any secret
            return _unknown(key_id)
        try:
            account = iam_evaluator.find_iam_access_key_account(key_id) or ACCOUNT_ID
        except iam_evaluator.AmbiguousAccessKeyError:
            return _unknown(key_id)
        found = iam_evaluator.resolve_credential(key_id, account, token)
        if isinstance(found, iam_evaluator.ResolvedCredential):
            return str(found.secret_access_key)
        if found.code in ("ExpiredTokenException", "InvalidToken") and token:
            return Failure(found.code, found.message)
        return _unknown(key_id)


def same(one: str, other: str) -> bool:
    """Whether two signatures are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _unknown(key_id: str) -> Failure:
    return Failure("UnrecognizedClientException", f"The security token included in the request is invalid: {key_id!r}.")
