"""Reading the settings of a function from its environment."""

from __future__ import annotations

from collections.abc import Mapping

from datastreamer.errors import ConfigurationError


def required(environ: Mapping[str, str], name: str) -> str:
    """The variable ``name``; raises ConfigurationError where it is not set, or empty."""
    if not environ.get(name):
        raise ConfigurationError(f"{name} is not set: the function's environment must name it")
    return environ[name]


def whole_number(name: str, text: str) -> int:
    """``text`` as a number of at least 1; raises ConfigurationError naming the variable."""
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{name} must be a whole number of at least 1, not {text!r}")
    return int(text)
