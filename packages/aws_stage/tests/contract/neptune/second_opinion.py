"""What kglite answers, as JSON: in a process of its own, as its library cannot be loaded beside many others.

Standard input has ``{"create": "…", "queries": {name: query}}``, standard output the rows by name of what it parses.
"""

from __future__ import annotations

import json
import sys

import kglite


def main() -> None:
    asked = json.load(sys.stdin)
    database = kglite.KnowledgeGraph()
    database.cypher(asked["create"])
    answers = {}
    for name, query in asked["queries"].items():
        try:
            answers[name] = [dict(row) for row in database.cypher(query)]
        except Exception:  # noqa: BLE001, S112  what it does not parse, it has no opinion of
            continue
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
