"""docs/local-stage.md says what the code does: one row for each operation that an engine serves, and no other."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

from aws_stage.testing import RunningStage

_SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)
_ROW = re.compile(r"^\| ([\w-]+:\w+) \| (full|partial) \| ?(.*) ?\|$", re.MULTILINE)


def _documented() -> dict[str, list[tuple[str, str, str]]]:
    page = Path(__file__).resolve().parents[2] / "docs" / "local-stage.md"
    parts = _SECTION.split(page.read_text(encoding="utf-8"))
    return {name: _ROW.findall(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _served(stage: RunningStage) -> dict[str, list[str]]:
    with urllib.request.urlopen(f"{stage.endpoint_url}/_aws_stage/operations") as answer:
        operations: dict[str, list[str]] = json.load(answer)
    return operations


def test_each_engine_has_a_section_with_exactly_one_row_for_each_operation(stage: RunningStage) -> None:
    served = _served(stage)
    documented = {engine: [row[0] for row in rows] for engine, rows in _documented().items()}
    assert {engine: documented.get(engine) for engine in served} == served
    assert not [row for engine, rows in documented.items() if engine not in served for row in rows]


def test_a_partial_operation_says_what_is_missing() -> None:
    silent = [row[0] for rows in _documented().values() for row in rows if row[1] == "partial" and not row[2].strip()]
    assert silent == []
