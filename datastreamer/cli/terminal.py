"""The two consoles of a command: answers on standard output, progress and remarks on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer
from rich.console import Console

from datastreamer.cli.shown import PlainConsole
from datastreamer.errors import UsageError


@dataclass
class Terminal:
    """``out`` carries answers, ``err`` progress and remarks (so that answers can be piped)."""

    out: Console = field(default_factory=PlainConsole, kw_only=True)
    err: Console = field(default_factory=lambda: PlainConsole(stderr=True), kw_only=True)

    @contextmanager
    def following(self, title: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
        """Progress on standard error: a spinner with the latest state, or, when piped, a line for each new state."""
        if quiet:
            yield lambda _: None
        elif self.err.is_terminal:
            with self.err.status(title) as status:
                yield lambda state: status.update(f"{title}: {state}")
        else:
            seen: list[str] = []

            def tell(state: str) -> None:
                if seen[-1:] != [state]:
                    seen.append(state)
                    self.err.print(f"{title}: {state}", soft_wrap=True)

            yield tell

    def answer_json(self, document: object) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")

    def confirm(self, question: str, *, yes: bool) -> None:
        """Return when the answer is yes; raises UsageError when it is not, or when there is nobody to ask."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question} There is nobody to ask; to answer yes beforehand: --yes")
        try:
            confirmed = typer.confirm(question, err=True)
        except typer.Abort as abort:
            # Of Ctrl+C and of the end of the input alike; it says which by what it was made of.
            if isinstance(abort.__context__, KeyboardInterrupt):
                self.err.print()  # the prompt's line has no end yet
                raise KeyboardInterrupt from abort
            confirmed = False
        if not confirmed:
            raise UsageError("not confirmed, nothing changed")
