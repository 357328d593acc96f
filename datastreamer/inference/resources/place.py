"""Where resources lie, and so what their ARNs are before they exist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A region of an account (12 digits), in a partition (``aws``, ``aws-cn``, …)."""

    region: str
    account_id: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of ``resource`` (``stream/x``, ``table/x``) of ``service`` in this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def role(self, name: str) -> str:
        """The ARN of an IAM role."""
        return f"arn:{self.partition}:iam::{self.account_id}:role/{name}"

    def bucket(self, name: str) -> str:
        """The ARN of an S3 bucket."""
        return f"arn:{self.partition}:s3:::{name}"
