"""A crawler's exclude patterns.

https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html#crawler-data-stores-exclude
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any


@cache
def pattern(glob: str) -> Any:
    """The expression of a glob, for a path below the crawler's include path; RE2's, so that no glob takes for ever.

    ``*`` and ``?`` stay inside one folder's name, ``**`` does not, ``[a-z]`` and ``[!a-z]`` are sets, ``{a,b}`` is a
    choice, and a backslash takes the next character as it is.
    """
    import re2

    parts: list[str] = []
    depth = position = 0
    while position < len(glob):
        if glob.startswith("**", position):
            parts.append(".*")
            position += 2
            continue
        if glob[position] == "[" and (end := glob.find("]", position + 2)) > 0:
            members = glob[position + 1 : end]
            start = "[^" if members.startswith("!") else "["
            excluded_too = "/" if members.startswith("!") else ""
            parts.append(start + re.escape(members.removeprefix("!")).replace("\\-", "-") + excluded_too + "]")
            position = end + 1
            continue
        character = glob[position]
        if character == "\\" and position + 1 < len(glob):
            position += 1
            parts.append(re.escape(glob[position]))
        elif character == "{":
            depth += 1
            parts.append("(?:")
        elif character == "}" and depth:
            depth -= 1
            parts.append(")")
        elif character == "," and depth:
            parts.append("|")
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(character) or re.escape(character))
        position += 1
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    return re2.compile("".join(parts), options)


def excluded(path: str, globs: list[str]) -> bool:
    """Whether ``path`` (relative to the include path) matches one of the patterns."""
    return any(pattern(glob).fullmatch(path) for glob in globs)
