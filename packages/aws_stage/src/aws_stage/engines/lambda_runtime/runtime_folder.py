"""What AWS's Python runtime brings beside the standard library, as a folder of links to where it is installed here."""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path

PACKAGES = (
    *("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"),
)
"""The runtime interface client with its C extension and what it needs, and the SDK with what that needs:
docs.aws.amazon.com/lambda/latest/dg/python-package.html"""


class RuntimeFolder:
    """Made when the first function needs it; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def ready(self) -> Path:
        """The folder; raises ImportError when a package is not installed."""
        with self._lock:
            if not self._path.exists():
                sources = [_installed(name) for name in PACKAGES]
                self._path.mkdir()
                for source in sources:
                    (self._path / source.name).symlink_to(source)
        return self._path


def _installed(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(
            f"{name} is not installed, or not built for this system; functions of the local stage need it"
        )
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def interpreter() -> str:
    """The interpreter under the virtual environment, whose packages functions must not see."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
