"""The notebooks run from top to bottom, and what they show is fit to be shown."""

from __future__ import annotations

import ast
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
GSM8K = ROOT.parent / "shared" / "data" / "gsm8k"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 325_000
RUN = 8
"""Words in a row that no two texts share by chance."""
ABSOLUTE_PATH = re.compile(r"(?<![\w<./:])/[A-Za-z_][\w.-]*/[\w.-]+|\b[A-Z]:\\\w|file://")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
needs_gsm8k = pytest.mark.skipif(
    not GSM8K.is_dir(), reason="GSM8K is not at ../shared/data/gsm8k, so nothing can be compared"
)


def cells(path: Path, kind: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


def text(piece: str | list[str]) -> str:
    return piece if isinstance(piece, str) else "".join(piece)


def shown(cell: dict[str, Any]) -> list[str]:
    """List every text of a cell's outputs; pictures are left out."""
    found = []
    for output in cell.get("outputs", []):
        found.append(text(output.get("text", "")))
        bundle = output.get("data", {})
        found += [text(bundle[kind]) for kind in sorted(bundle) if kind.startswith("text/")]
    return [piece for piece in found if piece]


def numbers(cell: dict[str, Any]) -> list[str]:
    return re.findall(r"\d[\d.,]*", "".join(shown(cell)))


def runs_of_words(said: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", html.unescape(re.sub(r"<[^>]*>", " ", said)).lower())
    return (tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def taken_from_gsm8k(said: list[str]) -> list[str]:
    """List runs of words that a text shares with GSM8K's questions and solutions."""
    ours = {run for piece in said for run in runs_of_words(piece)}
    return sorted(
        {
            " ".join(run)
            for split in ("test", "train")
            for line in (GSM8K / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
            for field in json.loads(line).values()
            for run in runs_of_words(field)
            if run in ours
        }
    )


def test_every_notebook_is_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["is_it_real", "tutorial", "tutorial.zh"]


def program(source: str) -> str:
    """Give what a cell does without what it says: texts that people read and comments are blank."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.JoinedStr):
            said = [v for v in node.values if isinstance(v, ast.FormattedValue)]
            node.values = sorted(said, key=ast.dump)  # languages order their words differently
        if isinstance(node, ast.Call):  # the language of a report is the one thing that differs
            node.keywords = [k for k in node.keywords if k.arg != "lang"]
    return ast.dump(tree)


def test_the_chinese_tutorial_is_the_same_program_cell_by_cell() -> None:
    english, chinese = (cells(ROOT / "notebooks" / f"tutorial{x}.ipynb") for x in ("", ".zh"))

    assert [c["cell_type"] for c in english] == [c["cell_type"] for c in chinese]
    for ours, theirs in zip(english, chinese, strict=True):
        if ours["cell_type"] == "code":
            assert program(text(ours["source"])) == program(text(theirs["source"]))
        else:
            assert re.search(r"[\u4e00-\u9fff]", text(theirs["source"]))
            assert text(ours["source"]).count("\n#") == text(theirs["source"]).count("\n#")


def test_two_programs_that_differ_in_a_number_are_told_apart() -> None:
    assert program('print("a", 1)  # one') == program('print("b", 1)')
    assert program('print("a", 1)') != program('print("a", 2)')


@each_notebook
def test_every_cell_has_run_in_order_without_a_complaint(path: Path) -> None:
    code = cells(path, "code")
    complaints = [
        output
        for cell in code
        for output in cell["outputs"]
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]

    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert complaints == []


@each_notebook
def test_a_sentence_stands_before_every_cell(path: Path) -> None:
    kinds = [cell["cell_type"] for cell in cells(path)]

    assert all(
        before == "markdown"
        for before, kind in zip(["", *kinds], kinds, strict=False)
        if kind == "code"
    )


@each_notebook
def test_outputs_are_small(path: Path) -> None:
    assert path.stat().st_size < LARGEST


@each_notebook
def test_nothing_tells_where_it_was_run(path: Path) -> None:
    said = [piece for cell in cells(path) for piece in (text(cell["source"]), *shown(cell))]

    assert [found for piece in said for found in ABSOLUTE_PATH.findall(piece)] == []


def test_the_search_for_paths_finds_paths() -> None:
    said = r"in /home/someone/runs, C:\runs, (/tmp/x), file://x, but 48 / 2, </td> and ../runs/x"

    assert len(ABSOLUTE_PATH.findall(said)) == 4


@needs_gsm8k
@each_notebook
def test_no_text_of_gsm8k_is_shown(path: Path) -> None:
    assert taken_from_gsm8k([piece for cell in cells(path) for piece in shown(cell)]) == []


@needs_gsm8k
def test_the_search_for_gsm8k_finds_a_question_in_a_table() -> None:
    with (GSM8K / "test.jsonl").open(encoding="utf-8") as file:
        question = json.loads(file.readline())["question"]

    assert taken_from_gsm8k([f"<td>{html.escape(question)}</td>"])


def test_one_cell_of_the_tutorial_chooses_the_models() -> None:
    (path,) = (path for path in NOTEBOOKS if path.stem == "tutorial")
    code = [text(cell["source"]) for cell in cells(path, "code")]
    names = ("Qwen", "banghua", "SmolLM", '"base"', '"trained"')

    assert code[0].startswith('PRESET = "tiny"')
    assert not any("PRESET =" in source for source in code[1:])
    assert not any(f"resolve({name}" in source for source in code for name in names)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Make a folder that looks like the repository to a notebook, and takes what it writes."""
    notebooks = tmp_path / "repository" / "notebooks"
    runs = tmp_path / "repository" / "runs"
    notebooks.mkdir(parents=True)
    runs.mkdir()
    (runs / "recorded").symlink_to(ROOT / "runs" / "recorded")
    if GSM8K.is_dir():
        (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    return notebooks


@pytest.fixture
def font_cache() -> None:
    """Let matplotlib write its font cache, of which it otherwise tells once on stderr."""
    import matplotlib.font_manager  # noqa: F401  the import makes the cache


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("font_cache")
@each_notebook
def test_a_notebook_runs_from_top_to_bottom_without_a_complaint(
    path: Path, workplace: Path
) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebook = nbformat.read(path, as_version=4)

    nbclient.NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(workplace)}}
    ).execute()

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    complaints = [o.text for cell in code for o in cell.outputs if o.get("name") == "stderr"]
    assert complaints == []
    if path.stem == "is_it_real":  # recorded answers: every number is the committed one
        committed = cells(path, "code")
        assert [numbers(cell) for cell in code] == [numbers(cell) for cell in committed]
