"""Text as people are shown it: control characters as visible ones, and commands by the name of the program they called.

A model, a device or another user of the account may send any character, and a terminal obeys some of them.
"""

from __future__ import annotations

import os
import re
from typing import Any, Final

from rich.console import Console
from rich.text import Text

CALLED_AS: Final = "DATASTREAMER_CALLED_AS"
"""What stands for ``datastreamer inference`` on the caller's command line; scripts/script.sh sets it."""

_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROL_BUT_LINES: Final = {code: shown for code, shown in _CONTROL.items() if chr(code) not in "\n\t"}
_PROGRAM: Final = re.compile(r"\bdatastreamer inference(?= [a-z])")


def in_a_line(text: str) -> str:
    """Every control character as a visible one, line ends too."""
    return as_called(text.translate(_CONTROL))


def in_lines(text: str) -> str:
    """Every control character but line ends and tabs as a visible one."""
    return as_called(text.replace("\r\n", "\n").translate(_CONTROL_BUT_LINES))


def as_called(text: str) -> str:
    """Commands in ``text`` under the name that the program was called by."""
    name = os.environ.get(CALLED_AS)
    return _PROGRAM.sub(lambda _: name, text) if name else text


class PlainConsole(Console):
    """Prints texts as people are to see them; what is a renderable already is printed as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(in_lines(text), **options)
