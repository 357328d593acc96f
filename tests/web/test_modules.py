"""The site's pure modules, by Node.js's own test runner."""

from __future__ import annotations

import subprocess

from tests.web.conftest import SOURCES


def test_the_modules_tests_pass() -> None:
    files = [str(path.relative_to(SOURCES)) for path in sorted((SOURCES / "tests").glob("*.test.js"))]
    assert files
    done = subprocess.run(["node", "--test", *files], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
