"""Building the site with a Node.js and an npm that only pretend; tests/web builds the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.packages.site import build_site

NODE = (
    '[ "$1" = --version ] && echo "${NODE_VERSION:-v20.1.0}" && exit; mkdir -p "$2"; echo "{}" > "$2.json"; printf "$3"'
)
NPM = "mkdir -p node_modules; echo run >> npm-runs"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's folder, and pretended tools on PATH."""
    for name, script in (("node", NODE), ("npm", NPM)):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/bash\n{script}\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    folder = tmp_path / "votes"
    folder.mkdir()
    (folder / "package.json").write_text("{}")
    (folder / "package-lock.json").write_text("{}")
    return folder


def npm_runs(sources: Path) -> int:
    return len((sources / "npm-runs").read_text().splitlines())


def test_packages_are_installed_once_for_each_lock_file(sources: Path, tmp_path: Path) -> None:
    described = build_site(sources, tmp_path / "build" / "votes-site")
    assert described == tmp_path / "build" / "votes-site.json"
    assert described.is_file()
    build_site(sources, tmp_path / "build" / "votes-site")
    assert npm_runs(sources) == 1
    (sources / "package-lock.json").write_text('{"lockfileVersion": 3}')
    build_site(sources, tmp_path / "build" / "votes-site")
    assert npm_runs(sources) == 2


def test_an_installation_that_fails_is_told_and_tried_again(sources: Path, tmp_path: Path) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.write_text("#!/bin/bash\nmkdir -p node_modules; echo 'no network' >&2; exit 1\n")
    with pytest.raises(ConfigurationError, match=r"npm ci failed in votes:\nno network"):
        build_site(sources, tmp_path / "out")
    npm.write_text(f"#!/bin/bash\n{NPM}\n")
    build_site(sources, tmp_path / "out")
    assert npm_runs(sources) == 1


def test_without_node_the_error_says_what_is_needed(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ConfigurationError, match=r"Node\.js 20 or later: there is no node on PATH"):
        build_site(sources, tmp_path / "out")


def test_an_old_node_is_refused(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_VERSION", "v18.19.0")
    with pytest.raises(ConfigurationError, match=r"Node\.js 20 or later, and node is 18\.19\.0"):
        build_site(sources, tmp_path / "out")


def test_the_build_gets_the_labels_and_what_it_says_is_passed_on(sources: Path, tmp_path: Path) -> None:
    said: list[str] = []
    build_site(sources, tmp_path / "out", "きのこ\nBamboo", said.append)
    assert said == ["きのこ", "Bamboo"]
    build_site(sources, tmp_path / "out", say=said.append)
    assert len(said) == 2
