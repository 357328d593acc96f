"""The pipeline's page has the contract as the code has it."""

from __future__ import annotations

import re

from datastreamer.events.fleet.event import ENVELOPE, REASONS
from datastreamer.events.fleet.payloads import EVENT_TYPES, FIELDS, MEASURES
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "pipelines" / "insight.md").read_text(encoding="utf-8")


def section(title: str) -> list[str]:
    """The rows of the tables in a section, without their heads."""
    lines = PAGE.split(f"## {title}\n")[1].split("\n## ")[0].splitlines()
    return [line for line in lines if line.startswith("| `")]


def test_the_page_lists_the_envelope_the_measures_and_the_types() -> None:
    assert section("The contract") == [
        *(f"| `{field.name}` | {field.kind.value} | {field.meaning} |" for field in ENVELOPE),
        *(
            f"| `{name}` | {', '.join(f'`{field.name}`' + ('' if field.required else '?') for field in FIELDS[name])} "
            f"| `{each.about}` | {(each.payload.__doc__ or '').splitlines()[0]} |"
            for name, each in EVENT_TYPES.items()
        ),
        *(
            f"| `{field.name}` | {field.unit} | {field.limits[0]:,.0f} to {field.limits[1]:,.0f} | {field.meaning} |"
            for field in MEASURES
        ),
    ]


def test_the_page_names_every_reason() -> None:
    named = set(re.findall(r"`([\w<>]+)`", PAGE))
    kinds = [
        re.sub(r"^(missing|invalid)_(?!utf8|json)\w+|^(\w+)(?=_out_of_range)", r"\1_<field>", reason)
        for reason in REASONS
    ]
    assert {kind.removeprefix("_") for kind in kinds} <= named
