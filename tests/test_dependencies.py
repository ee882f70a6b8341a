"""What pyproject.toml declares is what the package imports: nothing hidden, nothing for show."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    extras = chain.from_iterable(PROJECT["optional-dependencies"].values())
    requirements = chain(PROJECT["dependencies"], extras)
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def imported() -> set[str]:
    """Name the distributions behind all imports; one that is absent has its import's name."""
    tops: set[str] = set()
    for path in (ROOT / "evalsuite").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                tops |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                tops.add(str(node.module).partition(".")[0])
    distributions = packages_distributions()
    foreign = tops - sys.stdlib_module_names - {"evalsuite"}
    return {canonicalize_name(name) for top in foreign for name in distributions.get(top, [top])}


def test_every_import_is_declared() -> None:
    assert imported() - declared() == set()


def test_every_declared_dependency_is_imported() -> None:
    assert declared() - imported() == set()
