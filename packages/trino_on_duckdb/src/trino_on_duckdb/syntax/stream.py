"""A cursor over tokens, and the errors of a grammar that stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax.lexer import RESERVED, Token, tokens
from trino_on_duckdb.syntax.tree import Expression, Identifier, Place

T = TypeVar("T")


class StuckError(QueryError):
    """The grammar does not go on from here; ``offset`` lets alternatives report the one that came furthest."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__("SYNTAX_ERROR", message)
        self.offset = offset


class TokenStream:
    """Base of the grammars: looks at, takes and demands tokens. ``timestream`` reads Timestream's, a superset."""

    timestream = False

    def __init__(self, sql: str, parameters: Sequence[Expression] = ()) -> None:
        self.sql = sql
        self.parameters = parameters
        self.parameters_used = 0
        self._tokens = tokens(sql, timestream=self.timestream)
        self._index = 0

    # looking

    @property
    def token(self) -> Token:
        return self._tokens[self._index]

    @property
    def place(self) -> Place:
        return self.token.place

    def ahead(self, count: int) -> Token:
        return self._tokens[max(0, min(self._index + count, len(self._tokens) - 1))]

    def at(self, *texts: str) -> bool:
        """Whether the next tokens are these words or operators, in order."""
        return all(
            self.ahead(index).kind in ("word", "operator") and self.ahead(index).text == text
            for index, text in enumerate(texts)
        )

    def at_any(self, *texts: str) -> bool:
        return any(self.at(text) for text in texts)

    def at_name(self) -> bool:
        return self.token.kind == "quoted" or (self.token.kind == "word" and self.token.text not in RESERVED)

    # taking

    def advance(self, count: int = 1) -> Token:
        taken = self.token
        self._index = min(self._index + count, len(self._tokens) - 1)
        return taken

    def take(self, *texts: str) -> bool:
        """Go past these words or operators if they are next."""
        if self.at(*texts):
            self.advance(len(texts))
            return True
        return False

    def expect(self, *texts: str) -> None:
        for text in texts:
            if not self.take(text):
                raise self.stuck(f"'{text}'")

    def at_alias(self) -> bool:
        """Whether a name without AS is next, and not a word that starts the next clause."""
        if self.token.kind == "quoted" or not self.at_name():
            return self.at_name()
        following = self.ahead(1)
        match self.token.text:
            case "LIMIT":
                return following.kind != "integer" and following.text not in ("ALL", "?")
            case "OFFSET":
                return following.kind != "integer" and following.text != "?"
            case "FETCH":
                return following.text not in ("FIRST", "NEXT")
            case "WINDOW":
                return self.ahead(2).text != "AS"
            case _:
                return True

    def name(self) -> Identifier:
        if not self.at_name():
            raise self.stuck("<identifier>")
        token = self.advance()
        text = token.text if token.kind == "quoted" else token.raw
        return Identifier(text, token.kind == "quoted", place=token.place)

    def names(self) -> tuple[Identifier, ...]:
        """``(a, b)``."""
        self.expect("(")
        found = self.comma_separated(self.name)
        self.expect(")")
        return found

    def qualified_name(self) -> tuple[Identifier, ...]:
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return tuple(parts)

    def string(self) -> str:
        if self.token.kind != "string":
            raise self.stuck("<string>")
        return self.advance().text

    def integer(self) -> int:
        if self.token.kind != "integer":
            raise self.stuck("<integer>")
        return int(self.advance().text)

    def comma_separated(self, item: Callable[[], T]) -> tuple[T, ...]:
        found = [item()]
        while self.take(","):
            found.append(item())
        return tuple(found)

    def either(self, *alternatives: Callable[[], T]) -> T:
        """The first alternative that fits here; if none does, the error of the one that came furthest."""
        start, used = self._index, self.parameters_used
        furthest: StuckError | None = None
        for alternative in alternatives:
            self._index, self.parameters_used = start, used
            try:
                return alternative()
            except StuckError as error:
                if furthest is None or error.offset > furthest.offset:
                    furthest = error
        assert furthest is not None, "there is at least one alternative"  # noqa: S101
        raise furthest

    def end(self) -> None:
        if self.token.kind != "end":
            raise self.stuck("<EOF>")

    def stuck(self, expected: str) -> StuckError:
        return StuckError(f"{self.place}: mismatched input '{self.token.raw}'. Expecting: {expected}", self.token.start)

    def refuse(self, what: str) -> QueryError:
        """A construct that is Trino's but not done here."""
        return QueryError("NOT_SUPPORTED", f"{self.place}: {what} is not supported by the local Athena")
