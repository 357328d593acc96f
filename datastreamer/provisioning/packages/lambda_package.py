"""The zip of a Lambda function: its handler, the modules of ours that it imports, and the libraries that AWS lacks."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.packages.archive import write_archive
from datastreamer.provisioning.packages.imports import imported_modules, reached_files

PACKAGE = "datastreamer"

RUNTIME = frozenset({"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"})
"""What AWS's Python 3.11 runtime brings beyond the standard library: boto3 and all that it stands on
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html, "Runtime-included SDK versions")."""

_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9._-]+)(?P<rest>[^;]*)(?:;(?P<marker>.*))?")
_NATIVE = (".so", ".pyd", ".dylib")


def build_lambda_package(folder: Path, root: Path, out: Path) -> Path:
    """Write ``<function>-<hash>.zip`` for the function in ``folder`` into ``out`` and return its path.

    ``folder`` holds ``handler.py`` and is named after the function; ``root`` holds the package ``datastreamer``.
    The zip has the handler at its top. A library comes from its installed distribution, only what is reached.
    Raises ConfigurationError when there is no handler, when a library is not installed, and when one has native code:
    the zip must run on any machine's Linux, on either processor.
    """
    handler = folder / "handler.py"
    if not handler.is_file():
        raise ConfigurationError(f"there is no handler {handler}")
    own = {PACKAGE: root, **{file.stem: folder for file in folder.glob("*.py")}}
    files = [handler, *reached_files(handler, own)]
    roots = own | _libraries(files, own)
    return write_archive(
        {_member(file, roots): file for file in [handler, *reached_files(handler, roots)]}, out, folder.name
    )


def _member(file: Path, roots: dict[str, Path]) -> str:
    for name, root in roots.items():
        if file == root / f"{name}.py" or file.is_relative_to(root / name):
            return file.relative_to(root).as_posix()
    raise AssertionError(f"{file} was reached from none of the roots")


def _libraries(files: Iterable[Path], own: dict[str, Path]) -> dict[str, Path]:
    """The libraries that ``files`` import and those that these require, each with the folder it is installed in."""
    provided = {*own, *sys.stdlib_module_names, *RUNTIME, "__future__"}
    wanted = {name.partition(".")[0] for file in files for name in imported_modules(file, own)} - provided - {""}
    installed = _installed() if wanted else {}
    missing = sorted(wanted - set(installed))
    if missing:
        raise ConfigurationError(f"the function imports {', '.join(missing)}, which is not installed: make setup")
    pending = {installed[name][0] for name in wanted}
    done: set[str] = set()
    libraries: dict[str, Path] = {}
    while pending:
        distribution = metadata.distribution(pending.pop())
        done.add(_canonical(distribution.name))
        libraries |= dict(_modules(distribution))
        required = {_canonical(name) for name in _required(distribution)}
        pending |= required - done - {_canonical(name) for name in RUNTIME}
    return libraries


@functools.cache
def _installed() -> Mapping[str, Sequence[str]]:
    """The distributions that each package or module is of; reads the records of all that is installed."""
    return metadata.packages_distributions()


def _modules(distribution: metadata.Distribution) -> Iterable[tuple[str, Path]]:
    """The packages and modules of a distribution, each with the folder that it lies in."""
    files = distribution.files or []
    native = [file for file in files if file.suffix in _NATIVE]
    if native:
        raise ConfigurationError(
            f"the function imports {distribution.name}, which has native code ({native[0]}), and its zip is built for "
            "any processor. Do without it in the handler and in what it imports"
        )
    folder = Path(str(distribution.locate_file("")))
    for top in {file.parts[0] for file in files if file.suffix == ".py"}:
        yield top.removesuffix(".py"), folder


def _required(distribution: metadata.Distribution) -> Iterable[str]:
    for requirement in distribution.requires or []:
        match = _REQUIREMENT.match(requirement)
        if match and "extra" not in (match["marker"] or ""):
            yield match["name"]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
