"""The errors that the stage raises on purpose.

StageError
├── ConfigurationError  a setting or a file is missing or wrong: the message says which  (exit 2)
└── StageFailedError    the stage did not do what it was told: the message says why      (exit 1)
"""

from __future__ import annotations


class StageError(Exception):
    """Base of every error of the stage's own; ``exit_code`` is what a command line ends with when it gets there."""

    exit_code = 1


class ConfigurationError(StageError):
    """A setting, a file or a port that the stage needs is missing, taken or damaged."""

    exit_code = 2


class StageFailedError(StageError):
    """The stage did not start, did not stop, or ended by itself."""
