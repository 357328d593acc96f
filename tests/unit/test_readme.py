"""What a newcomer reads first is short and true: the README, its map of the tree, the demos' outputs, the words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
# Two words side by side: a text of placeholders alone would match everything.
SENTENCE = re.compile(r"[a-z]+ [a-z]+")
DEMOS = REPOSITORY / "scripts/demo"


def block(text: str, begin: str, end: str) -> list[str]:
    """The lines of the fenced block between two markers."""
    inside = text.split(f"<!-- {begin} -->\n")[1].split(f"<!-- {end} -->", maxsplit=1)[0].strip("\n").splitlines()
    assert (inside[0], inside[-1]) == ("```", "```")
    return inside[1:-1]


def transcript(pipeline: str) -> list[str]:
    name = {"telemetry": "demo output", "inference": "inference demo output"}[pipeline]
    return block((REPOSITORY / f"docs/demo/{pipeline}.md").read_text(encoding="utf-8"), name, f"end of {name}")


def titles_in(module: Path) -> Iterator[str]:
    """A pattern for each sentence in ``module``; what a sentence fills in from values may be anything."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and any(SENTENCE.search(ast.unparse(part)) for part in node.values):
            yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)


def test_the_readme_has_at_most_170_lines() -> None:
    assert len(README.splitlines()) <= 170


def test_the_readmes_lines_of_the_demo_are_ten_lines_of_its_output_in_order() -> None:
    lines = block(README, "ten lines of the demo", "end of ten lines")
    assert len(lines) == 10
    output = iter(transcript("telemetry"))
    assert [line for line in lines if line not in output] == []


@pytest.mark.parametrize("pipeline", ["telemetry", "inference"])
def test_the_steps_of_a_demos_output_are_those_that_the_demo_has(pipeline: str) -> None:
    steps = [match for line in transcript(pipeline) if (match := re.fullmatch(r"(\d+)\. (.+?) ─+", line))]
    assert [int(step[1]) for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) > 1
    known = [*titles_in(DEMOS / f"{pipeline}.py"), *titles_in(DEMOS / "__main__.py")]
    assert [step[2] for step in steps if not any(re.fullmatch(title, step[2]) for title in known)] == []


def test_the_map_has_each_folder_of_the_tree_and_no_other() -> None:
    section = README.partition("## Where things are\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_/]+)/` \| (product|local stage|tools|docs) \|", section, re.MULTILINE)
    ignored = [line.strip("/") for line in (REPOSITORY / ".gitignore").read_text(encoding="utf-8").split()]
    folders = {
        path.relative_to(REPOSITORY).as_posix()
        for path in [*REPOSITORY.iterdir(), *(REPOSITORY / "packages").iterdir()]
        if path.is_dir()
        and not path.name.startswith(".")
        and path.name != "packages"
        and not any(fnmatch(path.name, pattern) for pattern in ignored)
    }
    assert sorted(folder for folder, _ in rows) == sorted(folders)
