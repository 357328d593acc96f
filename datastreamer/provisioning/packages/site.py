"""A pipeline's site: npm brings what its lock file names, its own ``build.mjs`` makes the files."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.packages.file_lock import locked

LEAST_NODE = 20
_INSTALLED = ".datastreamer-lock"


def build_site(sources: Path, folder: Path, labels: str = "", say: Callable[[str], None] = print) -> Path:
    """Build the site of ``sources`` (``web/<pipeline>``) into ``folder``, emptied first; returns its description.

    The description, ``<folder>.json``, has ``headers`` (name to value) and ``files`` (path to ``content_type``,
    ``cache_control``, ``sha256``). In the header Content-Security-Policy and in ``index.html``, ``{{CONNECT_SRC}}``
    stands for the origins of the API and the socket, separated by a space. The same sources and labels give the same
    bytes. ``labels`` is text that settings make the site show; ``say`` gets a line for each font that lacks some of it.
    Raises ConfigurationError when Node.js or npm is missing or fails.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    install_packages(sources)
    with locked(folder.parent / f".{folder.name}.lock"):
        said = _run(["node", "build.mjs", str(folder.resolve()), labels], sources)
    for line in said.splitlines():
        say(line)
    return folder.parent / f"{folder.name}.json"


def install_packages(sources: Path) -> None:
    """Have ``node_modules`` as the lock file says, installing only when the lock file is another one than last time."""
    _check_node()
    lock_hash = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    installed = sources / "node_modules" / _INSTALLED
    with locked(sources / "package.json"):
        if installed.is_file() and installed.read_text() == lock_hash:
            return
        _run(["npm", "ci"], sources)
        installed.write_text(lock_hash)


def _check_node() -> None:
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise ConfigurationError(f"sites are built with Node.js {LEAST_NODE} or later: there is no {tool} on PATH")
    version = _run(["node", "--version"], Path.cwd()).strip().removeprefix("v")
    if int(version.split(".")[0]) < LEAST_NODE:
        raise ConfigurationError(f"sites are built with Node.js {LEAST_NODE} or later, and node is {version}")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigurationError(
            f"{' '.join(command[:2])} failed in {folder.name}:\n{(done.stderr or done.stdout)[-2000:]}"
        )
    return done.stdout
