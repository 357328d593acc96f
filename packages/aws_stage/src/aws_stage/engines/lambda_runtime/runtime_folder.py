"""What AWS's Python runtime brings beside the standard library, as a folder of links to where it is installed here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""docs.aws.amazon.com/lambda/latest/dg/python-package.html, and what boto3 itself needs."""


def prepare(folder: Path) -> Path:
    """Make the folder; raises ImportError when a package is not installed."""
    folder.mkdir(parents=True)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"{name} is not installed; functions of the local stage need it")
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def interpreter() -> str:
    """The interpreter under the virtual environment, whose packages functions must not see."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
