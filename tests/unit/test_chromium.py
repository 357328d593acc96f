"""Finding a browser for the tests, and getting one where there is none, with commands that only pretend."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from scripts.chromium import find_chromium, install_chromium

BROWSER = 'echo "Chromium 1.2.3"'
APT = """\
case "$*" in
  *update*) touch "$0.updated" ;;
  *--simulate*) [ "$LISTS" = machine ] || [ -e "$0.updated" ] || exit 100
    echo "Inst chromium (1.2.3 Debian:12)"; echo "Conf chromium" ;;
  *download*) [ "${@: -1}" = chromium ] && touch chromium_1.2.3.deb ;;
esac"""
DPKG = """\
mkdir -p "$3/usr/lib/chromium" "$3/usr/lib/x86_64-linux-gnu/pulseaudio"
printf '#!/bin/bash\\n[ -d "${LD_LIBRARY_PATH##*:}" ] && echo "Chromium 1.2.3"' > "$3/usr/lib/chromium/chromium"
chmod +x "$3/usr/lib/chromium/chromium" """


def command(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pretended commands, before the real ones on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_the_named_browser_goes_before_the_one_on_path(tmp_path: Path) -> None:
    named = command(tmp_path / "named", "my-browser", BROWSER)
    on_path = command(tmp_path / "bin", "chromium", BROWSER)
    environ = {"PATH": str(on_path.parent)}
    assert find_chromium(environ, tmp_path).binary == on_path
    assert find_chromium({**environ, "DATASTREAMER_CHROMIUM": str(named)}, tmp_path).binary == named


def test_a_browser_on_path_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    command(tmp_path / "bin", "chromium", "echo 'install the snap first' >&2; exit 1")
    starts = command(tmp_path / "bin", "google-chrome", BROWSER)
    assert find_chromium({"PATH": str(tmp_path / "bin")}, tmp_path).binary == starts


def test_a_named_browser_that_does_not_start_is_an_error_and_nothing_is_installed_instead(tmp_path: Path) -> None:
    environ = {"DATASTREAMER_CHROMIUM": str(tmp_path / "missing"), "PATH": ""}
    for get in (find_chromium, install_chromium):
        with pytest.raises(ConfigurationError, match=r"DATASTREAMER_CHROMIUM names .*missing"):
            get(environ, tmp_path / "chromium")
    assert not (tmp_path / "chromium").exists()


def test_without_a_browser_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="run `make browser`, or name one in DATASTREAMER_CHROMIUM"):
        find_chromium({"PATH": ""}, tmp_path)


@pytest.mark.parametrize("lists", ["machine", "none"])
def test_debians_package_is_unpacked_with_its_libraries(
    commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lists: str
) -> None:
    command(commands, "apt-get", APT)
    command(commands, "dpkg-deb", DPKG)
    monkeypatch.setenv("LISTS", lists)
    folder = tmp_path / "local" / "chromium"
    installed = install_chromium({"PATH": ""}, folder)
    assert installed.binary == folder / "usr/lib/chromium/chromium"
    assert installed.environment["LD_LIBRARY_PATH"].endswith("/x86_64-linux-gnu/pulseaudio")
    assert find_chromium({"PATH": ""}, folder) == installed
    assert (commands / "apt-get.updated").exists() == (lists == "none")
    assert not (folder / "archives").exists()


def test_an_installation_that_ends_half_way_is_begun_again(
    commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / "chromium"
    (half / "usr" / "nothing").mkdir(parents=True)
    command(commands, "apt-get", APT)
    command(commands, "dpkg-deb", DPKG)
    monkeypatch.setenv("LISTS", "machine")
    install_chromium({"PATH": ""}, half)
    assert not (half / "usr" / "nothing").exists()


def test_where_nothing_can_be_had_the_error_says_why_and_nothing_is_left(
    commands: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(commands, "apt-get", "exit 100")
    failing = command(commands, "python", "exit 1")
    monkeypatch.setattr("sys.executable", str(failing))
    with pytest.raises(ConfigurationError, match=r"could not download.*Playwright's own download failed.*install one"):
        install_chromium({"PATH": ""}, tmp_path / "chromium")
    assert not (tmp_path / "chromium").exists()
