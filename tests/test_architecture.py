"""The house as drawn in ARCHITECTURE.md: who may import whom, and what start-up may load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "evalsuite"
LONGEST_MODULE = 400


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> frozenset[str]:
    """Name every module imported anywhere in a file, type checking and functions included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@cache
def rules() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Read the table: room, rooms it may import, libraries it may import."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("<!-- rules -->")[2].partition("<!-- end of rules -->")[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    return {
        row[0].strip("`"): (frozenset(re.findall(r"`(\w+)`", row[1])), frozenset(row[2].split()))
        for row in cells
        if len(row) == 3 and row[0].startswith("`")
    }


def test_the_table_names_every_room_and_no_other() -> None:
    rooms = {room_of(path) for path in modules()} - {"__init__", "__main__"}

    assert set(rules()) == rooms


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__", "cli"):
        return
    allowed, _ = rules()[room]
    owned = {library for _, libraries in rules().values() for library in libraries} | {"click"}
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "evalsuite":
            assert rest[0] in allowed | {room, "version"}, f"{room} imports {name}"
        elif top in owned:
            assert top in rules()[room][1], f"{room} imports {top}"


def test_no_module_stands_in_a_circle() -> None:
    """Modules that import each other, in however many steps, form a strongly connected set."""
    names = {name_of(path): path for path in modules()}
    arrows = {
        name: {
            target
            for imported in imports(path)
            for target in (imported, imported.rpartition(".")[0])
            if target in names and target != name and not target.endswith("__init__")
        }
        for name, path in names.items()
    }

    assert circles(arrows) == []


def circles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """Find every set of nodes that reach each other (by plain reachability; the graph is small)."""
    reach: dict[str, set[str]] = {}
    for start, targets in arrows.items():
        seen: set[str] = set()
        waiting = list(targets)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(arrows.get(node, ()))
        reach[start] = seen
    return [
        {other for other in seen if node in reach.get(other, ())}
        for node, seen in sorted(reach.items())
        if node in seen
    ]


def test_a_circle_would_be_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})[0] == {"a", "b", "c"}


def test_files_named_in_the_architecture_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.(?:py|toml|md|c))`", text))

    assert sorted(n for n in named if not ((PACKAGE / n).is_file() or (ROOT / n).is_file())) == []


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_MODULE
    }

    assert long == {}


@pytest.mark.parametrize(
    "action",
    [
        "import evalsuite",
        "import evalsuite.stats",
        "main(['--help'])",
        "main(['compare', '--help'])",
    ],
)
def test_start_up_loads_nothing_heavy(action: str) -> None:
    heavy = (
        "torch",
        "transformers",
        "scipy",
        "numpy",
        "matplotlib",
        "pandas",
        "jinja2",
        "pydantic",
    )
    code = (
        "import sys\n"
        "from evalsuite.cli.main import main\n"
        "try:\n"
        f"    {action}\n"
        "except SystemExit: pass\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_no_template_marks_text_as_safe() -> None:
    for template in (PACKAGE / "reporting" / "templates").glob("*.html"):
        assert "|safe" not in template.read_text(encoding="utf-8").replace(" ", "")
