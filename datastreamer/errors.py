"""The one error tree. The type of an error says what to do with it.

DatastreamerError
├── UsageError          the caller asked for something that does not exist: fix the command  (exit 2)
├── ConfigurationError  a setting or a resource is missing: the message says which           (exit 2)
├── RetryableError      the service may answer next time: wait and try again                 (exit 1)
├── InvalidRecordError  the record will never be right: quarantine it whole, with its reason
├── JobFailedError      a run ended without doing its work: the message is the run's own     (exit 1)
└── ProvisioningError   Terraform refused or failed: the message is Terraform's own          (exit 1)
"""

from __future__ import annotations


class DatastreamerError(Exception):
    """Base of every error that Datastreamer raises on purpose.

    ``exit_code`` is what a command line ends with when this error reaches it.
    """

    exit_code = 1


class UsageError(DatastreamerError):
    """The caller named something that does not exist or does not fit."""

    exit_code = 2


class ConfigurationError(DatastreamerError):
    """A setting or a resource that the work needs is missing or wrong."""

    exit_code = 2


class RetryableError(DatastreamerError):
    """A service refused for now; the same call may succeed later."""


class InvalidRecordError(DatastreamerError):
    """A record breaks its contract and never will be right.

    ``reason`` is one of the contract's reason codes, for example ``invalid_json``.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class JobFailedError(DatastreamerError):
    """A job run ended in a state other than SUCCEEDED."""


class ProvisioningError(DatastreamerError):
    """Terraform could not plan, apply or destroy a stage."""
