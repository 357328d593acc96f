"""A Chromium for the browser tests: ``python -m scripts.chromium`` finds one, or puts one into ``.local/chromium``.

In this order: the one that ``DATASTREAMER_CHROMIUM`` names, one on PATH, one that was put into ``.local/chromium``.
Where there is none, Debian's package and what it needs are downloaded with apt and unpacked there: no root, nothing
installed, nothing changed outside ``.local`` (apt's lists of packages are the machine's own, and where those do not
do, lists fetched into ``.local``). Where that fails, Playwright's own download is tried.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.provisioning.checkout import REPOSITORY
from datastreamer.provisioning.packages.file_lock import locked

SETTING = "DATASTREAMER_CHROMIUM"
FOLDER = REPOSITORY / ".local" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PACKAGES = ("chromium", "fontconfig-config", "fonts-dejavu-core")
"""Fonts, since a container may have none at all; an installed package is not fetched again."""

BINARY = Path("usr/lib/chromium/chromium")
LIBRARIES = "usr/lib/*-linux-gnu"
READY = ".ready"
NO_SANDBOX = ("-o", "APT::Sandbox::User=root")
"""apt's own download user may not write into our folder; without this apt complains of it, and goes on."""


@dataclass(frozen=True)
class Chromium:
    """A browser that starts: the binary, and what its environment must have besides ours."""

    binary: Path
    environment: dict[str, str] = field(default_factory=dict)

    def version(self) -> str | None:
        """What ``--version`` prints, or None when it does not start."""
        try:
            done = subprocess.run(
                [str(self.binary), "--version"],
                env={**os.environ, **self.environment},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else None


def find_chromium(environ: Mapping[str, str], folder: Path = FOLDER) -> Chromium:
    """The browser to test with. Raises ConfigurationError when there is none, and says what to do."""
    for candidate in _candidates(environ, folder):
        if candidate.version():
            return candidate
    if environ.get(SETTING):
        raise ConfigurationError(f"{SETTING} names {environ[SETTING]}, which does not start as a browser")
    raise ConfigurationError(
        f"there is no Chromium to test the site with: run `make browser`, or name one in {SETTING}"
    )


def install_chromium(environ: Mapping[str, str], folder: Path = FOLDER) -> Chromium:
    """Find a browser, or put one into ``folder``; one process at a time. Raises ConfigurationError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(".lock")):
        try:
            return find_chromium(environ, folder)
        except ConfigurationError:
            if environ.get(SETTING):
                raise
        problems = []
        for attempt in (_unpack_debian, _playwright_download):
            shutil.rmtree(folder, ignore_errors=True)
            problem = attempt(folder)
            if problem is None and any(browser.version() for browser in _unpacked(folder)):
                (folder / READY).touch()
                return find_chromium(environ, folder)
            problems.append(problem or "what was unpacked does not start")
        shutil.rmtree(folder, ignore_errors=True)
        raise ConfigurationError(
            f"no Chromium could be had ({'; '.join(problems)}): install one, or name one in {SETTING}, and try again"
        )


def main() -> int:
    """Print the browser that the tests will use."""
    try:
        browser = install_chromium(os.environ)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{browser.version()} ({browser.binary})")
    return 0


def _candidates(environ: Mapping[str, str], folder: Path) -> Iterator[Chromium]:
    if environ.get(SETTING):
        yield Chromium(Path(environ[SETTING]))
        return
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Chromium(Path(found))
    if (folder / READY).is_file():
        yield from _unpacked(folder)


def _unpacked(folder: Path) -> Iterator[Chromium]:
    libraries = [path for found in folder.glob(LIBRARIES) for path in (found, found / "pulseaudio")]
    environment = {"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    if not Path("/etc/fonts/fonts.conf").exists():
        environment["FONTCONFIG_PATH"] = str(folder / "etc/fonts")
    if (folder / BINARY).is_file():
        yield Chromium(folder / BINARY, environment)
    for binary in sorted(folder.glob("playwright/chromium*/*/*")):
        if binary.name in {"chrome", "headless_shell", "chrome-headless-shell"}:
            yield Chromium(binary)


def _unpack_debian(folder: Path) -> str | None:
    """Unpack the packages that this machine lacks into ``folder``; returns what went wrong."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return "this is no Debian"
    archives = folder / "archives"
    archives.mkdir(parents=True)
    # The machine's own lists may be missing, or name versions that the mirror no longer has.
    if not _download([], archives) and not _download(_private_lists(folder / "apt"), archives):
        return "apt-get could not download Debian's chromium"
    for archive in sorted(archives.glob("*.deb")):
        if _run(["dpkg-deb", "--extract", str(archive), str(folder)]) is None:
            return f"{archive.name} could not be unpacked"
    shutil.rmtree(archives)
    shutil.rmtree(folder / "apt", ignore_errors=True)
    return None


def _download(options: list[str], archives: Path) -> bool:
    """Whether what an installation would add to this machine was downloaded to ``archives``."""
    printed = _run(["apt-get", *options, "install", "--simulate", "--no-install-recommends", *PACKAGES])
    lacking = [line.split()[1] for line in (printed or "").splitlines() if line.startswith("Inst ")]
    command = ["apt-get", *options, *NO_SANDBOX, "download", "--quiet", *lacking]
    return bool(lacking) and _run(command, folder=archives) is not None


def _private_lists(folder: Path) -> list[str]:
    """Options with which apt keeps its lists in ``folder``, freshly fetched; it needs no root for that."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    options = ["-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"]
    _run(["apt-get", *options, "--quiet", "update"])
    return options


def _playwright_download(folder: Path) -> str | None:
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(folder / "playwright")}
    command = [sys.executable, "-m", "playwright", "install", "chromium", "--no-shell"]
    done = subprocess.run(command, env=environment, check=False)
    return None if done.returncode == 0 else "Playwright's own download failed"


def _run(command: list[str], folder: Path | None = None) -> str | None:
    """What ``command`` printed, or None when it failed; its complaints go to our own stderr."""
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    raise SystemExit(main())
