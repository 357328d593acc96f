"""Which files a script reaches through its imports, read from the text alone: nothing is imported to find out."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path


def reached_files(script: Path, roots: Mapping[str, Path]) -> list[Path]:
    """The files that ``script`` imports, directly or not, of the packages and modules in ``roots``; sorted.

    A value of ``roots`` is the folder that the package or module lies in. An import inside a function counts; one that
    only a type checker reads does not.
    """
    found: set[Path] = set()
    pending = [script]
    while pending:
        file = pending.pop()
        for module in imported_modules(file, roots):
            for part in _files_of(module, roots):
                if part not in found:
                    found.add(part)
                    pending.append(part)
    return sorted(found)


def imported_modules(file: Path, roots: Mapping[str, Path]) -> Iterator[str]:
    """The dotted name of each module that ``file`` may import, and of each name that it takes from one."""
    package = ""
    for name, root in roots.items():
        if file.is_relative_to(root / name):
            package = ".".join(file.relative_to(root).parent.parts)
    for node in _statements(file.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]) if base else ".".join(parents)
            yield base
            # `from package import name` imports a module when there is one of that name.
            yield from (f"{base}.{alias.name}" for alias in node.names)


@functools.cache
def _statements(text: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a file's text. Several functions reach the same libraries: each is parsed once."""
    return tuple(node for node in _at_run_time(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom))


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement but the bodies of ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue  # holds no statements
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            for other in child.orelse:
                yield other
                yield from _at_run_time(other)
        else:
            yield child
            yield from _at_run_time(child)


def _files_of(module: str, roots: Mapping[str, Path]) -> Iterator[Path]:
    """The module's file and the ``__init__.py`` of each package above it; nothing for a module of none of the roots."""
    parts = module.split(".")
    if parts[0] not in roots:
        return
    for length in range(1, len(parts) + 1):
        path = roots[parts[0]].joinpath(*parts[:length])
        if (path / "__init__.py").is_file():
            yield path / "__init__.py"
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")
