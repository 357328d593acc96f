"""The checkout that holds what is deployed: Terraform's modules, the sources of jobs, functions and sites."""

from __future__ import annotations

from pathlib import Path

from datastreamer.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder of the checkout; for an installed wheel it is where all packages are, with nothing to deploy."""


def is_checkout() -> bool:
    """Whether this is a checkout and not an installed wheel."""
    return (REPOSITORY / "terraform" / "modules").is_dir()


def require_checkout() -> None:
    """Raise ConfigurationError in an installed wheel: it has the commands, not what they deploy."""
    if not is_checkout():
        raise ConfigurationError(
            "this Datastreamer was installed without what it deploys (terraform/, glue_jobs/, lambdas/, web/): "
            "run the command in a checkout, after make setup"
        )
