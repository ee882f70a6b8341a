"""What pyproject.toml declares is what the package imports: nothing hidden, nothing for show."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    extras = chain.from_iterable(PROJECT["optional-dependencies"].values())
    requirements = chain(PROJECT["dependencies"], extras)
    names: set[str] = {canonicalize_name(Requirement(line).name) for line in requirements}
    return names - {"evalsuite"}  # extras that build on another


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
    absent = {"mlflow": "mlflow-skinny"}
    return {
        canonicalize_name(name)
        for top in foreign
        for name in distributions.get(top, [absent.get(top, top)])
    }


def light() -> set[str]:
    """Follow what a plain ``pip install evalsuite`` brings to its end, without any extra."""
    names: set[str] = set()
    waiting = [Requirement(line) for line in PROJECT["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        if name in names or (marker is not None and not marker.evaluate({"extra": ""})):
            continue
        names.add(name)
        waiting.extend(Requirement(line) for line in distribution(name).requires or ())
    return names


def test_a_plain_install_brings_no_model_library_and_stays_under_300_mb() -> None:
    """Without the bytecode that pip compiles, which is 30% more."""
    files = chain.from_iterable(distribution(name).files or () for name in light())
    sizes = sum(file.size or 0 for file in files if file.suffix != ".pyc")

    assert light() & {"torch", "transformers", "trl", "datasets", "pandas", "pyarrow"} == set()
    assert sizes < 300e6


def pins(text: str) -> set[tuple[str, str]]:
    """Read names and versions of what is for this platform; lines with a blank are hashes."""
    lines = [line for line in text.splitlines() if line and line[0] not in "# "]
    pinned = [Requirement(line.removesuffix("\\").strip()) for line in lines]
    here = [pin for pin in pinned if pin.marker is None or pin.marker.evaluate()]
    return {(canonicalize_name(pin.name), str(pin.specifier)) for pin in here}


def test_a_plain_install_and_its_build_have_hashes_of_the_pins() -> None:
    text = (ROOT / "constraints-hashes.txt").read_text(encoding="utf-8")
    hashed, tested = pins(text), pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))

    assert hashed - tested == set()
    assert light() | {"hatchling"} <= {name for name, _ in hashed}
    for block in re.split(r"\n(?=\S)", text)[2:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block


def test_every_import_is_declared() -> None:
    assert imported() - declared() == set()


def test_every_declared_dependency_is_imported() -> None:
    assert declared() - imported() == set()
