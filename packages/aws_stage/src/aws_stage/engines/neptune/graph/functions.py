"""The functions of openCypher that a query may call; every other one is refused by its name.

They are those of the Cypher Query Language Reference, version 9, and of Neptune's extensions (userguide,
"feature-opencypher-compliance" and "access-graph-opencypher-extensions") that ArcadeDB has with the same meaning.
ArcadeDB has hundreds more, some of which read files and addresses.
"""

from __future__ import annotations

# fmt: off
ALLOWED = frozenset({
    "abs", "acos", "asin", "atan", "atan2", "avg", "ceil", "coalesce", "collect", "cos", "cot", "count",
    "datetime", "degrees", "e", "endnode", "exists", "exp", "floor", "haversin", "head", "id", "join",
    "keys", "labels", "last", "left", "length", "log", "log10", "ltrim", "max", "min", "nodes",
    "percentilecont", "percentiledisc", "pi", "properties", "radians", "rand", "range", "relationships",
    "removekeyfrommap", "replace", "reverse", "right", "round", "rtrim", "sign", "sin", "size", "split",
    "sqrt", "startnode", "stdev", "stdevp", "substring", "sum", "tail", "tan", "timestamp", "toboolean",
    "tofloat", "tointeger", "tolower", "tostring", "toupper", "trim", "type",
})
# fmt: on
"""In lower case: functions are called in any."""

RENAMED = {"join": "text.join", "removekeyfrommap": "map.removeKey"}
"""Neptune's own functions, to ArcadeDB's."""
