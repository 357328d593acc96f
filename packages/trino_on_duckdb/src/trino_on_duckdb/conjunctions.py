"""AND and OR that stop where Trino stops.

DuckDB evaluates every term, in the order it likes. That is no other answer, but it can be a failure: in ``id <> 0
AND 10 / id > 1`` the second term must not be evaluated where the first one is false. A term that may fail is therefore
put in a CASE behind the terms before it.
"""

from __future__ import annotations

from collections.abc import Sequence


def may_fail(sql: str) -> bool:
    """Whether a text calls a function of ours; all checks that fail do."""
    return "athena_" in sql


def joined(operator: str, terms: Sequence[str]) -> str:
    """``and`` or ``or`` of two or more terms."""
    decided = "false" if operator == "and" else "true"
    word = f" {operator.upper()} "
    first = next((index for index, term in enumerate(terms) if index and may_fail(term)), None)
    if first is None:
        return f"({word.join(terms)})"
    head = terms[0] if first == 1 else f"({word.join(terms[:first])})"
    tail = terms[first] if first == len(terms) - 1 else joined(operator, terms[first:])
    return f"(CASE WHEN {head} IS NOT DISTINCT FROM {decided} THEN {decided} ELSE ({head}{word}{tail}) END)"


def filtering(terms: Sequence[str]) -> str:
    """A condition that rows must meet.

    Terms that cannot fail stand alone too, so that DuckDB can use them early: to skip parts of files, or to join by.
    """
    whole = joined("and", terms) if len(terms) > 1 else terms[0]
    if not any(map(may_fail, terms[1:])):
        return whole
    return " AND ".join([*(term for term in terms if not may_fail(term)), whole])
