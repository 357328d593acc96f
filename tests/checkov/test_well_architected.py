"""checkov finds nothing in the repository's Terraform, and docs/well-architected.md says what it really checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.checkov.scan import TERRAFORM, Finding, scan
from tests.checkov.test_policies import OFFENCES
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "well-architected.md"
PILLARS = [
    "operational excellence",
    "security",
    "reliability",
    "performance efficiency",
    "cost optimization",
    "sustainability",
]
MODULES = {path.name for path in (TERRAFORM / "modules").iterdir()}


@dataclass(frozen=True)
class Row:
    pillar: str
    rule: str
    checks: list[str]
    where: list[tuple[str, bool]]
    """Folders, and whether each is an exception."""


def rows() -> list[Row]:
    lines = PAGE.read_text().partition("|---|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
    found = []
    for line in lines:
        pillar, rule, checks, where = (cell.strip() for cell in line.strip("|").split("|"))
        places = [re.fullmatch(r"`([a-z0-9_]+)`( \(exception\))?", place) for place in where.split(", ")]
        assert all(places), line
        found.append(Row(pillar, rule, checks.split(", "), [(place[1], bool(place[2])) for place in places if place]))
    return found


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """Each module by itself, with its own defaults: what a caller gives and checkov cannot work out leaves a resource
    unjudged."""
    return scan(TERRAFORM / "modules") + scan(TERRAFORM / "account")


def test_no_check_fails() -> None:
    failed = [f"{f.line} {f.resource}: {f.check} {f.name}" for f in scan(TERRAFORM) if f.result == "failed"]
    assert failed == []


def test_every_check_of_the_table_ran_and_passed_where_it_says(findings: list[Finding]) -> None:
    results: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        results.setdefault((finding.check, finding.where), set()).add(finding.result)
    said = {(check, place): exception for row in rows() for check in row.checks for place, exception in row.where}
    wrong = {
        f"{check} in {place}": results.get((check, place), {"did not run"})
        for (check, place), exception in said.items()
        if results.get((check, place)) != ({"skipped"} if exception else {"passed"})
    }
    assert wrong == {}


def test_every_module_is_in_the_table_but_those_in_which_nothing_is_checked(findings: list[Finding]) -> None:
    named = {place for row in rows() for place, _ in row.where}
    assert MODULES - named == MODULES - {finding.where for finding in findings}


def test_the_table_has_every_pillar_in_order_and_every_policy_of_ours() -> None:
    table = rows()
    assert list(dict.fromkeys(row.pillar for row in table)) == PILLARS
    assert {check for row in table for check in row.checks} >= OFFENCES.keys()
