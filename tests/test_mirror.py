"""Every module is named by a test file, or imported by a test."""

from __future__ import annotations

import ast
from pathlib import Path

# Tested only through what uses them. The list may shrink; a new module comes with its test file.
INDIRECT = frozenset(
    {
        "generation/slots/decoders",
        "generation/vllm",
        "reporting/sections/forest",
        "reporting/sections/power",
        "version",
    }
)
ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "evalsuite", ROOT / "tests"


def imported_by_tests() -> set[str]:
    """Name what tests import, as a module and as a name in one."""
    names: set[str] = set()
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                module = str(node.module)
                names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def test_every_module_has_a_test() -> None:
    imported = imported_by_tests()
    untested = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).with_suffix("")
        mirror = TESTS / "unit" / module.parent / f"test_{module.name}.py"
        is_imported = ".".join(("evalsuite", *module.parts)) in imported
        if not (module.name.startswith("__") or mirror.is_file() or is_imported):
            untested.add(module.as_posix())

    assert untested - INDIRECT == set()
    assert INDIRECT - untested == set()  # what has a test by now leaves the list
