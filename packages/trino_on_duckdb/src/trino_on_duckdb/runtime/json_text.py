"""JSON read and written as Jackson does in Trino.

A document is read into ``Members`` (an object's pairs, in order, repeated keys too), lists, strings, booleans, None and
``Number`` (the text as written). Writing makes doubles Java's and leaves integers alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from trino_on_duckdb.runtime.numbers import java_double


class Number(str):
    """A number's text as it stood in the document."""

    __slots__ = ()

    @property
    def is_integer(self) -> bool:
        return not any(character in self for character in ".eE")


class Members(list[tuple[str, Any]]):
    """An object's members in order."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=Members, parse_float=Number, parse_int=Number, parse_constant=_no_constant
)


def read(text: str) -> Any:
    """The document; ValueError when it is not JSON or something follows it."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error


_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


def write_string(text: str) -> str:
    """A JSON string; only what must be escaped is."""
    return '"' + _ESCAPED.sub(lambda m: _SHORT.get(m.group()) or f"\\u{ord(m.group()):04X}", text) + '"'


def write_number(number: Number) -> str:
    """An integer as it is, any other number as a double."""
    if not number.is_integer:
        return java_double(float(number))
    return "0" if number == "-0" else str(number)


def write(value: Any, prepare: Callable[[Members], list[tuple[str, Any]]] = list) -> str:
    """A document's text without blanks; ``prepare`` orders an object's members."""
    if isinstance(value, Members):
        inside = ",".join(f"{write_string(key)}:{write(each, prepare)}" for key, each in prepare(value))
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(each, prepare) for each in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return write_number(value) if isinstance(value, Number) else write_string(value)


def canonical(value: Any) -> str:
    """The text of a JSON value in Trino: keys sorted, the last of repeated ones kept."""
    return write(value, lambda members: sorted(dict(members).items()))


# --- reading no further than needed -----------------------------------------------------------------------------------

_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=[\s,\]}]|$)")
_WORDS = {"true": True, "false": False, "null": None}


class Cursor:
    """Reads a document that may be broken behind what is asked of it; ValueError where it is broken."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def peek(self) -> str:
        """The next character that is not blank, '' at the end."""
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def take(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise ValueError(f"expected {character} at {self._at}")

    def string(self) -> str:
        self.peek()
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise ValueError(f"expected a string at {self._at}")
        self._at = match.end()
        return str(json.loads(match.group()))

    def value(self) -> Any:
        """The whole next value."""
        match self.peek():
            case "{":
                return Members(list(self.members()))
            case "[":
                return list(self.items())
            case '"':
                return self.string()
            case _:
                return self._word_or_number()

    def _word_or_number(self) -> Any:
        number = _NUMBER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            return Number(number.group())
        for word, value in _WORDS.items():
            if re.compile(rf"{word}(?![A-Za-z0-9_])").match(self._text, self._at):
                self._at += len(word)
                return value
        raise ValueError(f"expected a value at {self._at}")

    def members(self) -> Any:
        """Each key with its value, read when it is asked for."""
        self.expect("{")
        if self.take("}"):
            return
        while True:
            key = self.string()
            self.expect(":")
            yield key, self.value()
            if self.take("}"):
                return
            self.expect(",")

    def find_member(self, key: str) -> bool:
        """Go to the value of the first member of this name."""
        self.expect("{")
        if self.take("}"):
            return False
        while True:
            found = self.string()
            self.expect(":")
            if found == key:
                return True
            self.value()
            if self.take("}"):
                return False
            self.expect(",")

    def items(self) -> Any:
        self.expect("[")
        if self.take("]"):
            return
        while True:
            yield self.value()
            if self.take("]"):
                return
            self.expect(",")

    def find_item(self, index: int) -> bool:
        """Go to the item at an index."""
        self.expect("[")
        if self.take("]"):
            return False
        for _ in range(index):
            self.value()
            if self.take("]"):
                return False
            self.expect(",")
        return True
