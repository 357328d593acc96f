"""Finding Terraform's AWS provider on disk, for machines that cannot reach the public registry.

A mirror is a folder laid out as ``terraform providers mirror`` writes it: either unpacked, as
``registry.terraform.io/hashicorp/aws/<version>/<os_arch>/``, or packed, as
``registry.terraform.io/hashicorp/aws/terraform-provider-aws_<version>_<os_arch>.zip``.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datastreamer.errors import ConfigurationError

MIRROR_VARIABLE = "DATASTREAMER_TERRAFORM_MIRROR"
REGISTRY = "registry.terraform.io"
PROVIDER = f"{REGISTRY}/hashicorp/aws"

SYSTEM_ROOTS = ("opt", "srv", "usr/local", "usr/share", "usr/lib", "var/lib", "var/cache", "mnt")
"""Where software that no package manager owns usually lies (Filesystem Hierarchy Standard), below the root folder."""
MAX_DEPTH = 5
MAX_FOLDERS = 20_000

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PACKED = re.compile(r"terraform-provider-aws_(?P<version>\d+\.\d+\.\d+)_(?P<platform>\w+)\.zip")


@dataclass(frozen=True)
class Constraint:
    """``~> major.minor``: this major version, this minor version or a later one."""

    major: int
    minor: int

    @classmethod
    def read(cls, versions_file: Path) -> Constraint:
        """The AWS provider's constraint in a ``versions.tf``."""
        text = versions_file.read_text(encoding="utf-8")
        match = re.search(r'source\s*=\s*"hashicorp/aws"\s+version\s*=\s*"~> (\d+)\.(\d+)"', text)
        if match is None:
            raise ConfigurationError(f"{versions_file}: the version of hashicorp/aws must have the form ~> 5.100")
        return cls(int(match[1]), int(match[2]))

    def admits(self, version: str) -> bool:
        major, minor, _ = (int(part) for part in version.split("."))
        return major == self.major and minor >= self.minor


def find_mirror(
    environ: Mapping[str, str], platform: str, constraint: Constraint, anchor: Path = Path(os.sep)
) -> Path | None:
    """The nearest mirror that holds a fitting provider for ``platform`` (``linux_amd64``), or None.

    Looks where ``DATASTREAMER_TERRAFORM_MIRROR`` says and nowhere else if it is set (ConfigurationError when that holds
    no fitting provider); else in the folders that Terraform itself looks in; else below the system's usual roots.
    """
    named = environ.get(MIRROR_VARIABLE)
    if named:
        if not _holds_provider(Path(named), platform, constraint):
            raise ConfigurationError(
                f"{MIRROR_VARIABLE}={named} holds no AWS provider ~> {constraint.major}.{constraint.minor} "
                f"for {platform}. It must hold {PROVIDER}/<version>/{platform}/, as `terraform providers mirror` "
                "writes it."
            )
        return Path(named).resolve()
    home = environ.get("HOME")
    roots = [anchor / root for root in SYSTEM_ROOTS] + ([Path(home)] if home else [])
    for candidate in (*_implied_folders(environ, anchor), *_search(roots)):
        if _holds_provider(candidate, platform, constraint):
            return candidate
    return None


def _implied_folders(environ: Mapping[str, str], anchor: Path) -> Iterator[Path]:
    """Terraform's implied local mirrors (its CLI documentation, "Implied Local Mirror Directories")."""
    home = environ.get("HOME")
    if home:
        yield Path(home) / ".terraform.d" / "plugins"
        yield Path(environ.get("XDG_DATA_HOME") or Path(home) / ".local" / "share") / "terraform" / "plugins"
    data_folders = environ.get("XDG_DATA_DIRS")
    folders = (
        [Path(folder) for folder in data_folders.split(os.pathsep)]
        if data_folders
        else [anchor / "usr/local/share", anchor / "usr/share"]
    )
    for folder in folders:
        yield folder / "terraform" / "plugins"


def _search(roots: Iterable[Path]) -> Iterator[Path]:
    """Folders below ``roots`` that contain a ``registry.terraform.io``; breadth first, bounded, links not followed."""
    pending = deque((root, 0) for root in roots)
    visited = 0
    while pending and visited < MAX_FOLDERS:
        folder, depth = pending.popleft()
        visited += 1
        try:
            entries = [entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        if any(entry.name == REGISTRY for entry in entries):
            yield folder
        elif depth < MAX_DEPTH:
            names = (entry for entry in entries if not entry.name.startswith(".") or entry.name == ".terraform.d")
            pending.extend((folder / entry.name, depth + 1) for entry in names)


def _holds_provider(mirror: Path, platform: str, constraint: Constraint) -> bool:
    folder = mirror / PROVIDER
    try:
        entries = list(folder.iterdir())
    except OSError:
        return False
    for entry in entries:
        packed = _PACKED.fullmatch(entry.name)
        if packed and packed["platform"] == platform and constraint.admits(packed["version"]):
            return True
        if _VERSION.fullmatch(entry.name) and constraint.admits(entry.name) and (entry / platform).is_dir():
            return True
    return False
