"""The constraints of AWS's own service models (those that botocore ships), checked and worded as AWS does."""

from __future__ import annotations
