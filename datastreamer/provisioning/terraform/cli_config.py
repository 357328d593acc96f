"""Terraform's own settings: a generated CLI configuration that keeps the user's and adds the provider mirror.

``TF_CLI_CONFIG_FILE`` may name a file that does not exist; Terraform then warns at each command and forgets mirrors and
credentials. So every command gets a file that does exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.terraform.mirror import MIRROR_VARIABLE, PROVIDER


def user_config(environ: Mapping[str, str]) -> tuple[Path, str] | None:
    """The user's own CLI configuration and its text, or None when there is none."""
    named = environ.get("TF_CLI_CONFIG_FILE") or environ.get("TERRAFORM_CONFIG")
    home = environ.get("HOME")
    candidates = [Path(named)] if named else []
    if home:
        candidates.append(Path(home) / ".terraformrc")
    for path in candidates:
        if path.is_file():
            return path, path.read_text(encoding="utf-8")
    return None


def chooses_installation(environ: Mapping[str, str]) -> bool:
    """Whether the user's configuration says itself where providers come from."""
    found = user_config(environ)
    return found is not None and "provider_installation" in found[1]


def write_cli_config(environ: Mapping[str, str], folder: Path, mirror: Path | None) -> Path:
    """Write ``terraform.rc`` into ``folder`` and return its path.

    It holds the user's settings, and ``mirror`` for the AWS provider when there is one; without one the registry
    serves.
    Raises ConfigurationError when the user's settings and the mirror contradict each other.
    """
    found = user_config(environ)
    text = found[1] if found else ""
    if found and mirror and chooses_installation(environ):
        raise ConfigurationError(
            f"{found[0]} has a provider_installation block of its own, and Terraform allows only one. "
            f"Unset {MIRROR_VARIABLE}, or take that block out."
        )
    if mirror:
        text += (
            f"\nprovider_installation {{\n"
            f'  filesystem_mirror {{\n    path    = "{mirror.as_posix()}"\n    include = ["{PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n}}\n'
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terraform.rc"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    return path
