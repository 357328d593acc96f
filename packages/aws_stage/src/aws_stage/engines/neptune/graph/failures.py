"""What went wrong in a query, by the code that Neptune has for it.

docs.aws.amazon.com/neptune/latest/userguide/errors-engine-codes.html and access-graph-opencypher-exceptions.html; the
HTTP status of each code is in botocore's model.
"""

from __future__ import annotations

import re

_CODES = (
    ("DuplicatedKeyException", "ConstraintViolationException"),
    ("CommandParameterMissingException", "MissingParameterException"),
    ("ConcurrentModificationException", "ConcurrentModificationException"),
    ("NeedRetryException", "ConcurrentModificationException"),
    ("OutOfMemoryError", "MemoryLimitExceededException"),
    ("StackOverflowError", "MemoryLimitExceededException"),
    ("CommandParsingException", "MalformedQueryException"),
    ("CommandSemanticException", "MalformedQueryException"),
    ("ArithmeticErrorException", "BadRequestException"),
    ("InvalidPropertyTypeException", "BadRequestException"),
    ("ValidationException", "BadRequestException"),
    ("ClassCastException", "BadRequestException"),
    ("IllegalArgumentException", "BadRequestException"),
    ("CommandExecutionException", "BadRequestException"),
)
"""Names of ArcadeDB's and Java's exceptions; the first that is among an error's causes decides."""

_WRAPPING = re.compile(r"^(?:[\w ]+ failed|Failed to commit transaction): |(?:[\w$]+\.)+(\w*(?:Exception|Error)): ")
_RECORD = re.compile(r" ?#\d+:\d+")


class QueryError(Exception):
    """A query that Neptune refuses too, or that this stage does not run.

    ``code`` is the exception's name in the API.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def unsupported(what: str) -> QueryError:
    """The refusal of something by its name."""
    return QueryError("UnsupportedOperationException", f"{what} is not supported by the local stage")


def failure_of(error: BaseException) -> QueryError:
    """The failure that an exception of ArcadeDB, of Java or of its bindings means."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    named = " ".join([*(type(cause).__name__ for cause in causes), *map(str, causes)])
    message = _plain(str(error))
    if "DeleteConnectedNode" in named:
        return QueryError(
            "BadRequestException",
            "Cannot delete node, because it still has relationships. To delete this node, you must first delete its "
            "relationships.",
        )
    for name, code in _CODES:
        if name in named:
            return QueryError(code, message)
    return QueryError("InternalFailureException", message)


def _plain(text: str) -> str:
    """The sentence within, without names of classes and of records."""
    found = _WRAPPING.search(text)
    while found is not None:
        text = text[: found.start()] + text[found.end() :]
        found = _WRAPPING.search(text)
    return _RECORD.sub("", text)
