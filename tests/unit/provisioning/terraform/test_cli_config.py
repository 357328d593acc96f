"""Terraform's generated settings keep the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.terraform.cli_config import chooses_installation, write_cli_config

CREDENTIALS = 'credentials "app.terraform.io" {\n  token = "secret"\n}\n'
INSTALLATION = "provider_installation {\n  direct {}\n}\n"


def test_a_named_file_that_does_not_exist_does_no_harm(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "gone")}
    written = write_cli_config(environ, tmp_path / "made", None)
    assert written.is_file()
    assert written.read_text() == ""


def test_a_mirror_serves_the_aws_provider_and_the_registry_the_others(tmp_path: Path) -> None:
    text = write_cli_config({"HOME": str(tmp_path)}, tmp_path / "made", Path("plugins")).read_text()
    assert 'path    = "plugins"' in text
    assert 'include = ["registry.terraform.io/hashicorp/aws"]' in text
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in text


@pytest.mark.parametrize("variable", ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", None])
def test_the_users_settings_are_kept(tmp_path: Path, variable: str | None) -> None:
    own = tmp_path / ("own.rc" if variable else ".terraformrc")
    own.write_text(CREDENTIALS)
    environ = {"HOME": str(tmp_path)} | ({variable: str(own)} if variable else {})
    text = write_cli_config(environ, tmp_path / "made", Path("plugins")).read_text()
    assert text.startswith(CREDENTIALS)
    assert "filesystem_mirror" in text


def test_a_user_who_says_where_providers_come_from_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text(INSTALLATION)
    environ = {"HOME": str(tmp_path)}
    assert chooses_installation(environ)
    assert write_cli_config(environ, tmp_path / "made", None).read_text() == INSTALLATION


def test_a_mirror_against_the_users_own_choice_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text(INSTALLATION)
    with pytest.raises(ConfigurationError, match="provider_installation block of its own"):
        write_cli_config({"HOME": str(tmp_path)}, tmp_path / "made", Path("plugins"))
