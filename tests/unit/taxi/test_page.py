"""The pipeline's page has every column, reason and fault of the contract."""

from __future__ import annotations

import re

from datastreamer.events.trip import FAULTS, FIELDS, REJECTIONS, Kind
from datastreamer.taxi.schema import QUARANTINE_COLUMNS, SILVER_COLUMNS
from datastreamer.taxi.training.features import FEATURES
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "pipelines" / "taxi.md").read_text(encoding="utf-8")
TYPES = {Kind.TIME: "timestamp", Kind.WHOLE: "int", Kind.NUMBER: "double", Kind.TEXT: "string"}


def test_the_page_lists_the_fields_as_the_contract_has_them() -> None:
    rows = [
        f"| `{field.column}` | {TYPES[field.kind]} | `{field.tlc}` | "
        f"{'required' if field.required else 'may be null'} | {field.meaning} |"
        for field in FIELDS
    ]
    assert [line for line in PAGE.splitlines() if re.match(r"\| `\w+` \| \w+ \| `", line)] == rows


def test_the_page_names_every_column_reason_and_fault() -> None:
    named = set(re.findall(r"`([\w<>]+)`", PAGE))
    kinds = [re.sub(r"^(missing|invalid|unknown)_(?!line).*", r"\1_<column>", name) for name in (*REJECTIONS, *FAULTS)]
    assert set(kinds) <= named
    columns = {column.name for column in (*SILVER_COLUMNS, *QUARANTINE_COLUMNS)} - {"reason"}
    assert columns <= named


def test_the_page_lists_the_features_of_a_training_set() -> None:
    section = PAGE.split("## Training sets\n")[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == [
        f"| `{feature.name}` | {feature.meaning} |" for feature in FEATURES
    ]
