"""The command line: ``datastreamer <pipeline> <command>``."""

from __future__ import annotations

from datastreamer.cli.entry import main

__all__ = ["main"]
