"""The house as drawn in ARCHITECTURE.md: who may import whom, and what start-up may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "evalsuite"

LAYERS = {
    "errors": set(),
    "seeds": {"errors"},
    "records": {"errors"},
    "project": {"errors"},
    "stats": {"errors", "seeds", "records"},
    "files": {"errors"},
    "journal": {"errors", "files", "records"},
    "storage": {"errors", "files", "journal", "records"},
    "tasks": {"errors", "seeds", "records"},
    "core": {"errors", "seeds", "project", "records", "storage", "tasks", "stats"},
    "evaluation": {"errors", "seeds", "records", "journal", "storage", "tasks", "core", "stats"},
    "importers": {"errors", "seeds", "records", "tasks"},
    "reporting": {"errors", "seeds", "records", "stats"},
}
OWNERS = {
    "torch": {"core"},
    "transformers": {"core"},
    "trl": {"core"},
    "peft": {"core"},
    "vllm": {"core"},
    "ray": {"evaluation"},
    "scipy": {"stats"},
    "jinja2": {"reporting", "core"},  # core catches the errors of chat templates
    "matplotlib": {"reporting"},
    "click": {"cli"},
    "rich": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_of(path)
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "evalsuite" and rest and layer in LAYERS:
            assert rest[0] in LAYERS[layer] | {layer, "__version__"}, f"{layer} imports {name}"
        if top in OWNERS:
            assert layer in OWNERS[top], f"{layer} imports {top}"


def test_every_module_is_on_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    missing = [
        str(p.relative_to(PACKAGE))
        for p in modules()
        if p.name != "__init__.py" and f"`{p.relative_to(PACKAGE)}`" not in text
    ]

    assert missing == []


def test_the_map_names_no_module_that_is_gone() -> None:
    import re

    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", text))

    assert (
        sorted(n for n in named if not (PACKAGE / n).is_file() and not (ROOT / n).is_file()) == []
    )


def test_modules_stay_small() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in modules()
        if (n := p.read_text(encoding="utf-8").count("\n")) > 400
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
