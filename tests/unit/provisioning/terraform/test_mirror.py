"""Where the AWS provider is looked for on disk, and what counts as found."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.terraform.mirror import MAX_DEPTH, MIRROR_VARIABLE, PROVIDER, Constraint, find_mirror

PLATFORM = "linux_amd64"
CONSTRAINT = Constraint(5, 100)


def unpacked(mirror: Path, version: str = "5.100.0", platform: str = PLATFORM) -> Path:
    (mirror / PROVIDER / version / platform).mkdir(parents=True)
    return mirror


def find(environ: dict[str, str], anchor: Path) -> Path | None:
    return find_mirror(environ, PLATFORM, CONSTRAINT, anchor)


def test_no_mirror_is_no_error(tmp_path: Path) -> None:
    assert find({"HOME": str(tmp_path / "home")}, tmp_path) is None


def test_the_variable_wins_over_every_folder(tmp_path: Path) -> None:
    unpacked(tmp_path / "home/.terraform.d/plugins")
    named = unpacked(tmp_path / "elsewhere")
    assert find({"HOME": str(tmp_path / "home"), MIRROR_VARIABLE: str(named)}, tmp_path) == named


def test_a_variable_that_names_no_mirror_is_refused_with_what_it_must_hold(tmp_path: Path) -> None:
    unpacked(tmp_path / "opt/plugins")
    with pytest.raises(
        ConfigurationError, match=rf"{MIRROR_VARIABLE}=.*holds no AWS provider ~> 5.100 for linux_amd64"
    ):
        find({MIRROR_VARIABLE: str(tmp_path / "empty")}, tmp_path)


@pytest.mark.parametrize(
    ("folder", "environ"),
    [
        ("home/.terraform.d/plugins", {}),
        ("home/.local/share/terraform/plugins", {}),
        ("data/terraform/plugins", {"XDG_DATA_HOME": "data"}),
        ("usr/local/share/terraform/plugins", {}),
        ("usr/share/terraform/plugins", {}),
        ("first/terraform/plugins", {"XDG_DATA_DIRS": "first:second"}),
        ("second/terraform/plugins", {"XDG_DATA_DIRS": "first:second"}),
    ],
)
def test_terraforms_implied_folders_are_looked_in(tmp_path: Path, folder: str, environ: dict[str, str]) -> None:
    mirror = unpacked(tmp_path / folder)
    rooted = {name: ":".join(str(tmp_path / part) for part in value.split(":")) for name, value in environ.items()}
    assert find({"HOME": str(tmp_path / "home"), **rooted}, tmp_path) == mirror


def test_a_mirror_below_a_system_root_is_found(tmp_path: Path) -> None:
    mirror = unpacked(tmp_path / "opt/some/vendor/plugins")
    assert find({}, tmp_path) == mirror


def test_the_search_does_not_go_deeper_than_its_bound(tmp_path: Path) -> None:
    unpacked(tmp_path.joinpath("opt", *["deeper"] * (MAX_DEPTH + 1)))
    assert find({}, tmp_path) is None


def test_the_search_follows_no_links(tmp_path: Path) -> None:
    unpacked(tmp_path / "outside/plugins")
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/link").symlink_to(tmp_path / "outside")
    assert find({}, tmp_path) is None


def test_a_packed_mirror_counts(tmp_path: Path) -> None:
    folder = tmp_path / "opt/plugins" / PROVIDER
    folder.mkdir(parents=True)
    (folder / "terraform-provider-aws_5.101.2_linux_amd64.zip").touch()
    assert find({}, tmp_path) == tmp_path / "opt/plugins"


@pytest.mark.parametrize(
    ("version", "platform"), [("5.99.1", PLATFORM), ("6.0.0", PLATFORM), ("5.100.0", "darwin_arm64")]
)
def test_another_version_or_platform_does_not_count(tmp_path: Path, version: str, platform: str) -> None:
    unpacked(tmp_path / "opt/plugins", version, platform)
    assert find({}, tmp_path) is None


def test_the_constraint_is_read_from_the_stage(tmp_path: Path) -> None:
    versions = tmp_path / "versions.tf"
    versions.write_text('aws = {\n  source  = "hashicorp/aws"\n  version = "~> 6.2"\n}\n')
    assert Constraint.read(versions) == Constraint(6, 2)
    versions.write_text('aws = {\n  source = "hashicorp/aws"\n  version = ">= 5"\n}\n')
    with pytest.raises(ConfigurationError, match=r"must have the form ~> 5\.100"):
        Constraint.read(versions)
