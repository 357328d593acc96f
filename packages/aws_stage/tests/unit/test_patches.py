"""The list of patches says all that is replaced in ministack, and nothing else; and the page shows the list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aws_stage import patches
from aws_stage.patches.listed import PATCHES, modules
from aws_stage.patches.patch import Kind, Patch, table
from aws_stage.patches.replace import Place, replace

PACKAGE = Path(patches.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "patches.md"

ASSEMBLE = """
import importlib, json, pkgutil, sys
from pathlib import Path
from types import FunctionType

from aws_stage.daemon.stage import LocalStage
from aws_stage.gateway.backend import configure_ministack
from aws_stage.kernel.settings import Settings
from aws_stage.patches.listed import PATCHES


def state(value):
    changeable = isinstance(value, FunctionType)
    return [value, value.__code__, value.__defaults__, value.__kwdefaults__] if changeable else [value]


def places():
    found = {}
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "ministack"]:
        for name, value in vars(module).items():
            found[module.__name__, name] = state(value)
            if isinstance(value, type) and value.__module__ == module.__name__:
                found |= {(module.__name__, f"{name}.{each}"): state(member) for each, member in vars(value).items()
                          if each != "__slotnames__"}  # Python's own, written by its module copy
    return found


def differ(before, after):
    return len(before) != len(after) or any(one is not other for one, other in zip(before, after))


settings = Settings.from_env({"AWS_STAGE_DATA_DIR": sys.argv[1]})
configure_ministack(settings)
from ministack import app, core, services
for package in (services, core):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
before = places()
LocalStage(settings)
exec(sys.argv[2])
after = places()
print(json.dumps({
    "there": sorted(before),
    "replaced": sorted(place for place in before.keys() | after.keys()
                       if differ(before.get(place, []), after.get(place, []))),
}))
"""
"""Assembles a stage, and prints every place in ministack, and those at which something else is then."""


def assemble(data: Path, offence: str = "") -> dict[str, set[Place]]:
    """``there``: every place in all modules of the pinned ministack; ``replaced``: those that a stage changes.

    ``offence`` is run when the stage is assembled.
    """
    run = subprocess.run(
        [sys.executable, "-c", ASSEMBLE, str(data), offence], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, list[Place]] = json.loads(run.stdout.splitlines()[-1])
    return {kind: {(module, name) for module, name in places} for kind, places in found.items()}


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Place]]:
    return assemble(tmp_path_factory.mktemp("stage"))


def places_of(patch: Patch) -> set[Place]:
    return {(f"ministack.{of}", name) for of, name in patch.places}


def test_all_that_is_replaced_in_ministack_is_listed_and_all_that_is_listed_is_replaced(
    assembled: dict[str, set[Place]],
) -> None:
    print(table(PATCHES))
    assert assembled["replaced"] == set().union(*(places_of(patch) for patch in PATCHES))


def test_what_is_replaced_beside_the_list_is_found(assembled: dict[str, set[Place]], tmp_path: Path) -> None:
    offence = """
services.eventbridge._put_targets = None
core.lambda_runtime.Worker.invoke = None
services.sns._publish.__defaults__ = (None,)
"""
    found = assemble(tmp_path, offence)["replaced"] - assembled["replaced"]
    assert found == {
        ("ministack.services.eventbridge", "_put_targets"),
        ("ministack.core.lambda_runtime", "Worker.invoke"),
        ("ministack.services.sns", "_publish"),
    }


def test_what_a_patch_replaces_is_there_in_the_pinned_ministack(assembled: dict[str, set[Place]]) -> None:
    """So that an upgrade which makes a patch void fails."""
    void = [(patch.module, sorted(places_of(patch) - assembled["there"])) for patch in PATCHES]
    assert [(module, places) for module, places in void if places] == []


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: f"{patch.module}-{patch.names.split()[0]}")
def test_a_patch_has_a_reason_and_says_whose_it_is(patch: Patch) -> None:
    assert patch.reason.endswith(".")
    assert len(patch.reason) >= 20
    assert patch.kind in Kind
    assert patch.names


def test_every_module_of_the_package_is_listed_or_serves_those_that_are() -> None:
    of_package = {".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    with_apply = {name.removesuffix(".__init__") for name in of_package if "def apply" in _source(name)}
    within = {name for name in with_apply for parent in modules() if name.startswith(f"{parent}.")}
    assert with_apply - within - {"__init__"} == set(modules())


def _source(module: str) -> str:
    return (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def test_the_page_shows_the_list() -> None:
    assert table(PATCHES) in PAGE.read_text(encoding="utf-8"), "python -m aws_stage.patches prints the table for it"


def test_a_name_that_is_gone_stops_the_start() -> None:
    with pytest.raises(AttributeError, match=r"ministack\.services\.s3\.gone is gone"):
        replace(ModuleType("ministack.services.s3"), "gone", None)


@pytest.mark.parametrize("names", ["one", "one two three"])
def test_a_module_that_replaces_other_names_than_it_is_listed_for_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    ministack: Any = ModuleType("ministack.services.fake")
    ministack.one = ministack.two = ministack.three = None
    fake: Any = ModuleType("aws_stage.patches.fake")

    def apply() -> None:
        replace(ministack, "one", 1)
        replace(ministack, "two", 2)

    fake.apply = apply
    monkeypatch.setitem(sys.modules, "aws_stage.patches.fake", fake)
    only = (Patch("fake", "services.fake", names, Kind.WISH, "As a test wishes."),)
    monkeypatch.setattr(patches, "PATCHES", only)
    monkeypatch.setattr(patches, "modules", lambda: ["fake"])
    manifest: Any = None
    with pytest.raises(AttributeError, match=r"patches\.fake .*services\.fake\.t"):
        patches.apply(manifest, lambda: None)
